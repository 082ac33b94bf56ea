"""The OpenAPI 3.1 document, made from the declarations by spectree, and a page to read it without the internet.

spectree describes; the endpoints validate by themselves (``schema``), because its handling of a broken body
and its English single-field errors are not what our clients are promised.
"""

from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import msgspec
from flask import Flask, Response, abort, render_template
from spectree import Response as Answers
from spectree import SecurityScheme, SpecTree
from spectree.model_adapter import get_msgspec_model_adapter
from spectree.models import SecureType, SecuritySchemeData

from app.core.api.endpoints import Endpoint
from app.core.api.schema import Schema
from app.core.headers import csp_nonce

ASSETS = {
    "swagger_bundle.js": "text/javascript",
    "swagger_preset.js": "text/javascript",
    "swagger_style.css": "text/css",
}
DOCS_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "object-src 'none'; frame-ancestors 'none'; base-uri 'self'"
)


class FieldProblem(Schema):
    """一个有误的字段"""

    field: str
    message: str


class Problem(Schema):
    """RFC 9457 的错误应答"""

    status: int
    code: str
    detail: str
    request_id: str = ""
    errors: list[FieldProblem] = []


class Document:
    """The document of one application."""

    def __init__(self, app: Flask, title: str) -> None:
        self.spec = SpecTree(
            "flask",
            model_adapter=get_msgspec_model_adapter(),
            mode="strict",
            annotations=False,
            title=title,
            version="1",
            validation_error_model=Problem,
            naming_strategy=_name,
            nested_naming_strategy=lambda _parent, child: child,
            security_schemes=[
                SecurityScheme(name="bearer", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"))
            ],
        )
        self.spec.app = app
        self._encoded: bytes | None = None

    def describe(self, endpoint: Endpoint, tag: str) -> Any:
        """The handler with its description attached, under which Flask is to know it."""
        answers: dict[str, Any] = {
            f"HTTP_{endpoint.status}": None if endpoint.raw or endpoint.status == 204 else endpoint.returns
        }
        for status in self._refusals(endpoint):
            answers[f"HTTP_{status}"] = Problem
        return self.spec.validate(
            query=endpoint.query,
            json=endpoint.body,
            resp=Answers(**answers),
            tags=(tag,),
            security={"bearer": []} if endpoint.roles is not None else None,
            skip_validation=True,
            operation_id=f"{endpoint.handler.__module__.split('.')[-2]}_{endpoint.handler.__name__}",
        )(endpoint.handler)

    @staticmethod
    def _refusals(endpoint: Endpoint) -> Iterable[int]:
        yield from (422, 429)
        if endpoint.roles is not None:
            yield from (401, 403)
        if "<" in endpoint.path or endpoint.menu:
            yield 404
        if endpoint.body:
            yield from (400, 413, 415)
        if endpoint.method != "GET":
            yield 409

    def encoded(self) -> bytes:
        """The document as JSON; made once."""
        if self._encoded is None:
            self._encoded = msgspec.json.encode(self._problems_as_such(self.spec.spec))
        return self._encoded

    @staticmethod
    def _problems_as_such(document: dict[str, Any]) -> dict[str, Any]:
        for operations in document["paths"].values():
            for operation in operations.values():
                for status, answer in operation["responses"].items():
                    if int(status) >= 400 and "content" in answer:
                        answer["content"] = {"application/problem+json": answer["content"]["application/json"]}
        return document


def register(app: Flask, prefix: str, document: Document) -> None:
    """Serve the document and the page that shows it."""

    def openapi() -> Response:
        return Response(document.encoded(), content_type="application/json")

    def docs() -> Response:
        response = Response(render_template("api/docs.html", prefix=prefix), content_type="text/html; charset=utf-8")
        response.headers["Content-Security-Policy"] = DOCS_POLICY.format(nonce=csp_nonce())
        return response

    def asset(name: str) -> Response:
        if name not in ASSETS:
            abort(404)
        content = files("offapi").joinpath(name).read_bytes()
        return Response(content, content_type=ASSETS[name], headers={"Cache-Control": "public, max-age=86400"})

    app.add_url_rule(f"{prefix}/openapi.json", "api_openapi", openapi)
    app.add_url_rule(f"{prefix}/docs", "api_docs", docs)
    app.add_url_rule(f"{prefix}/docs/<name>", "api_docs_asset", asset)


def _name(model: Any) -> str:
    origin, arguments = getattr(model, "__origin__", None), getattr(model, "__args__", ())
    return f"{origin.__name__}{''.join(a.__name__ for a in arguments)}" if origin else str(model.__name__)
