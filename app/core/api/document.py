"""The OpenAPI 3.1 document, made from the declarations by spectree, and a page to read it without the internet.

spectree describes; the endpoints validate by themselves (``schema``), because its handling of a broken body
and its English single-field errors are not what our clients are promised.
"""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Annotated, Any

import msgspec
from flask import Flask, Response, abort, render_template
from spectree import Response as Answers
from spectree import SecurityScheme, SpecTree
from spectree.model_adapter import get_msgspec_model_adapter
from spectree.models import SecureType, SecuritySchemeData

from app.core.api.endpoints import Endpoint
from app.core.api.roles import ROLES
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


ABOUT = """\
小程序与外部系统使用的接口。编号是不透明的文字；金额以分为单位，字段名以 `_fen` 结尾；时间为带时区的 ISO 8601。

登录后在请求头中带上 `Authorization: Bearer <token>`。列表用 `limit` 与 `cursor` 翻页，`next` 为空时没有下一页。
不认识的输入字段会被拒绝。错误以 `application/problem+json`（RFC 9457）返回：`code` 固定不变，`detail` 是给人看的中文。
新建类请求可带 `Idempotency-Key`：相同的键与内容返回第一次的结果，不会重复新建。
"""

MEANINGS = {
    200: "成功",
    201: "已创建",
    204: "成功，无内容",
    400: "请求内容不是有效的 JSON",
    401: "未登录，或登录已失效",
    403: "当前身份不能使用此功能",
    404: "不存在，或不属于您",
    409: "当前状态不允许此操作",
    413: "内容过大",
    415: "不支持的内容类型",
    422: "内容有误，errors 指出每个有误的字段",
    429: "操作过于频繁，请按 Retry-After 的秒数稍后再试",
}

SIGNED = [
    {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
    for name, text in {
        "X-Key-Id": "密钥编号",
        "X-Timestamp": "Unix 时间戳（秒），与服务器相差不超过 300 秒",
        "X-Nonce": "随机数，8 至 64 个可见字符，只能使用一次",
        "X-Signature": "HMAC-SHA256（方法、路径、时间戳、随机数各一行，后接请求正文）的十六进制",
    }.items()
]
IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "幂等键：保留 24 小时",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
    "example": "0b7e6c1e-6f0e-4b39-9e39-3a2f3d1c8a11",
}

BEARER: dict[str, list[str]] = {"bearer": []}


class FieldProblem(Schema):
    """一个有误的字段"""

    field: Annotated[str, msgspec.Meta(description="字段名，嵌套的以点分隔", examples=["phone"])]
    message: Annotated[str, msgspec.Meta(examples=["不能缺少此项"])]


def answers_file(*kinds: str, conflict: str = "") -> dict[str, Any]:
    """What ``openapi=`` says of an endpoint that answers with a file of these media types; ``conflict`` says in words
    when there is none yet (409)."""
    described = {"409": {"description": conflict}} if conflict else {}
    return {"responses": {"200": {"content": {kind: {"schema": {"type": "string"}} for kind in kinds}}, **described}}


class Problem(Schema):
    """RFC 9457 的错误应答"""

    status: Annotated[int, msgspec.Meta(examples=[422])]
    code: Annotated[str, msgspec.Meta(description="固定不变的错误代码", examples=["invalid"])]
    detail: Annotated[str, msgspec.Meta(description="给人看的说明", examples=["不能缺少此项"])]
    request_id: Annotated[str, msgspec.Meta(description="报告问题时请提供", examples=["5f2c8a0d9b"])] = ""
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
            description=ABOUT,
            validation_error_model=Problem,
            naming_strategy=self._name,
            nested_naming_strategy=lambda _parent, child: child,
            security_schemes=[
                SecurityScheme(name="bearer", data=SecuritySchemeData(type=SecureType.HTTP, scheme="bearer"))
            ],
        )
        self.spec.app = app
        self._models: dict[str, Any] = {}
        self._endpoints: dict[str, Endpoint] = {}
        self._encoded: bytes | None = None

    def describe(self, endpoint: Endpoint, group: str, tag: str) -> Any:
        """The handler with its description attached, under which Flask is to know it."""
        answers: dict[str, Any] = {
            f"HTTP_{endpoint.status}": None if endpoint.raw or endpoint.status == 204 else endpoint.returns
        }
        for status in self._refusals(endpoint):
            answers[f"HTTP_{status}"] = Problem
        operation_id = f"{group}_{endpoint.handler.__name__}"
        if self._endpoints.setdefault(operation_id, endpoint) is not endpoint:
            raise LookupError(f"two endpoints are called {operation_id}")
        return self.spec.validate(
            query=endpoint.query,
            json=endpoint.body,
            resp=Answers(**answers),
            tags=(tag,),
            skip_validation=True,
            operation_id=operation_id,
        )(endpoint.handler)

    @staticmethod
    def _refusals(endpoint: Endpoint) -> Iterable[int]:
        yield from (422, 429)
        if endpoint.roles is not None or endpoint.machine is not None or "caller" in endpoint.wants:
            yield 401
        if endpoint.roles is not None:
            yield 403
        if "<" in endpoint.path or endpoint.menu:
            yield 404
        if endpoint.method in ("POST", "PATCH"):
            yield 413
        if endpoint.body:
            yield from (400, 415)
        if endpoint.method != "GET" or "409" in endpoint.openapi.get("responses", {}):
            yield 409

    def _name(self, model: Any) -> str:
        """The model's name in the document. Raises LookupError for two of one name: one would describe both."""
        name = _name(model)
        if self._models.setdefault(name, model) != model:
            raise LookupError(f"two schemas are called {name}: {self._models[name]!r} and {model!r}")
        return name

    def encoded(self) -> bytes:
        """The document as JSON; made once."""
        if self._encoded is None:
            document = self.spec.spec
            document["servers"] = [{"url": "/"}]
            for operations in document["paths"].values():
                for operation in operations.values():
                    self._complete(operation, self._endpoints[operation["operationId"]])
            self._encoded = msgspec.json.encode(document)
        return self._encoded

    @staticmethod
    def _complete(operation: dict[str, Any], endpoint: Endpoint) -> None:
        """What spectree does not say: media types, meanings in Chinese, who may, and the endpoint's own addition."""
        for status, answer in operation["responses"].items():
            answer["description"] = MEANINGS[int(status)]
            if int(status) >= 400:
                answer["content"] = {"application/problem+json": answer["content"]["application/json"]}
            if int(status) == 429:
                answer["headers"] = {"Retry-After": {"description": "秒", "schema": {"type": "integer"}}}
        if endpoint.roles is not None:
            operation["security"] = [BEARER]
            operation["description"] = "可用身份：" + "、".join(ROLES[role] for role in endpoint.roles)
        elif endpoint.machine is not None:
            operation["parameters"] += SIGNED
            operation["description"] = "由闸机、财务系统等外部系统调用，每次请求须签名"
        elif "caller" in endpoint.wants:
            operation["security"] = [{}, BEARER]
        if endpoint.status == 201:
            operation["parameters"].append(IDEMPOTENCY_KEY)
        _overlay(operation, endpoint.openapi)


def _overlay(target: dict[str, Any], addition: Mapping[str, Any]) -> None:
    for key, value in addition.items():
        if isinstance(value, Mapping) and isinstance(target.get(key), dict):
            _overlay(target[key], value)
        else:
            target[key] = value


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
    return f"{origin.__name__.capitalize()}{''.join(_name(a) for a in arguments)}" if origin else str(model.__name__)
