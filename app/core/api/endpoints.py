"""The endpoints of a module, declared: path, who may, what comes in, what goes out.

    api = Endpoints("members", "用户与认证")

    @api.post("/certifications", roles=("visitor",), body=CertificationIn, returns=CertificationOut, status=201)
    def apply(caller: Caller, body: CertificationIn) -> CertificationOut:
        "提交认证申请"

Around each handler, once for all: rate limit, token, role, switched-off menu modules, validation, idempotency, one
transaction that is committed when the handler returns and rolled back when it raises, and problem+json.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from flask import Flask, Response, current_app, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import limits
from app.core.api import idempotency
from app.core.api.caller import Caller, authenticate
from app.core.api.machines import Find, Machine, admit
from app.core.api.roles import ANY
from app.core.api.schema import NUL, NoQuery, Schema, UnsupportedBody, read_body, read_query
from app.core.db import db, reading, transaction
from app.core.errors import Forbidden, NotFound, Unauthenticated

LARGEST_BODY = 256 * 1024
LARGEST_FORM = 11 * 1024 * 1024
"""One picture of 10 MB and what multipart adds to it."""

Handler = Callable[..., Any]
MenuGate = Callable[[Session, str, str], bool]


@dataclass(frozen=True)
class Endpoint:
    """One declared endpoint. ``roles`` None: public, a token is optional; or, with ``machine``, for signed calls."""

    method: str
    path: str
    handler: Handler
    roles: tuple[str, ...] | None
    body: type[Schema] | None
    query: type[Schema] | None
    returns: Any
    status: int
    limit: str
    menu: str
    wants: frozenset[str] = frozenset()
    prepare: Handler | None = None
    prepare_wants: frozenset[str] = frozenset()
    openapi: Mapping[str, Any] = field(default_factory=dict)
    machine: Find | None = None
    webhook: bool = False

    @property
    def raw(self) -> bool:
        """Whether the handler makes its own Response (files)."""
        return self.returns is Response

    def __call__(self, **path: str) -> Response:
        """Answer a request."""
        request.max_content_length = LARGEST_BODY if self.body else LARGEST_FORM
        caller = None if self.machine or self.webhook else self._admit()
        machine = None if self.machine is None else self._admit_machine(self.machine)
        self._authorise(caller)
        if any(NUL in part for part in path.values()):
            raise NotFound  # no database holds it, and PostgreSQL refuses to be asked
        values: dict[str, Any] = dict(path)
        values["caller"] = caller
        values["machine"] = machine
        values["query"] = read_query(request.args, self.query or NoQuery)
        if self.body:
            values["body"] = self._read_body()
        if self.limit:
            limits.spend(self.limit, self.handler.__module__, self.handler.__name__, _who(caller, machine))
        if self.prepare:
            values["prepared"] = self.prepare(**{name: values[name] for name in self.prepare_wants})
        values = {name: values[name] for name in self.wants}
        if self.method == "GET":
            with reading():
                return self._encode(self.handler(**values))
        return self._write(_who(caller, machine), values)

    @staticmethod
    def _admit_machine(find: Find) -> Machine:
        """Which machine calls; each is limited, and so is an address that signs wrongly."""
        try:
            machine = admit(find)
        except Unauthenticated:
            limits.spend(limits.ANONYMOUS, limits.address())
            raise
        limits.spend(limits.MACHINE, _who(None, machine))
        return machine

    def _admit(self) -> Caller | None:
        """Who calls; members are limited each, everybody else (dead tokens too) by address."""
        try:
            caller = authenticate()
        except Unauthenticated:
            limits.spend(limits.ANONYMOUS, limits.address())
            raise
        if caller is None:
            limits.spend(limits.ANONYMOUS, limits.address())
        else:
            limits.spend(limits.SIGNED_IN, _who(caller, None))
        return caller

    def _authorise(self, caller: Caller | None) -> None:
        if self.roles is not None:
            if caller is None:
                raise Unauthenticated(_("请先登录"))
            if caller.role not in self.roles:
                raise Forbidden(_("您的身份不能使用此功能"))
        if self.menu:
            gate: MenuGate = current_app.extensions["menu_gate"]
            with reading():
                is_open = gate(db.session(), self.menu, caller.role if caller else "visitor")
                if self.method != "GET":
                    db.session.rollback()
            if not is_open:
                raise NotFound(_("该功能暂未开放"), code="module_off")

    def _read_body(self) -> Schema:
        assert self.body is not None
        if request.mimetype != "application/json":
            raise UnsupportedBody(_("请求内容应为 JSON（Content-Type: application/json）"))
        return read_body(request.get_data(cache=True), self.body)

    def _write(self, who: str, values: dict[str, Any]) -> Response:
        key = request.headers.get("Idempotency-Key", "") if self.status == 201 and not self.raw else ""
        if not key:
            with transaction():
                return self._encode(self.handler(**values))
        with transaction():
            first = idempotency.begin(db.session(), who, key)
            if first is not None:
                return _json(first.body, first.status)
            response = self._encode(self.handler(**values))
            idempotency.keep(db.session(), who, key, response.status_code, response.get_data())
            return response

    def _encode(self, result: Any) -> Response:
        if isinstance(result, Response):
            return result
        if self.status == 204:
            return Response(status=204)
        return _json(msgspec.json.encode(result), self.status)


def _who(caller: Caller | None, machine: Machine | None) -> str:
    if machine is not None:
        return f"{machine.kind}:{machine.id}"
    return f"member:{caller.member_id}" if caller else f"ip:{limits.address()}"


class Endpoints:
    """The endpoints of one module; listed in ``Module.api``. ``tag`` heads them in the documentation."""

    def __init__(self, name: str, tag: str) -> None:
        self.name = name
        self.tag = tag
        self.endpoints: list[Endpoint] = []

    def route(
        self,
        method: str,
        path: str,
        *,
        roles: Sequence[str] | None = None,
        machine: Find | None = None,
        body: type[Schema] | None = None,
        query: type[Schema] | None = None,
        returns: Any = None,
        status: int = 200,
        limit: str = "",
        menu: str = "",
        prepare: Handler | None = None,
        openapi: Mapping[str, Any] | None = None,
        webhook: bool = False,
    ) -> Callable[[Handler], Handler]:
        """Declare an endpoint: for these ``roles``, for everybody (None), or for signed calls of a ``machine``, which
        says who has a key id; the handler may take the ``machine``. A ``webhook`` is called by an outside service that
        signs in its own way: ``prepare`` proves the call and charges the limit for one that is forged.

        ``returns=Response`` for a handler that makes its own; ``limit`` as in ``20/day``. ``prepare`` takes of the same
        arguments what it names and does what no transaction should wait for (decoding, asking an outside party); the
        handler gets its result as ``prepared``. ``openapi`` is laid over the described operation, for what a schema
        cannot say (forms, files).
        """
        unknown = set(roles or ()) - set(ANY)
        if unknown:
            raise LookupError(f"{path}: unknown roles {sorted(unknown)}")

        def declare(handler: Handler) -> Handler:
            wants = _named(handler)
            self.endpoints.append(
                Endpoint(method, path, handler, None if roles is None else tuple(roles), body, query, returns,
                         204 if returns is None else status, limit, menu, wants, prepare,
                         _named(prepare) if prepare else frozenset(), openapi or {}, machine, webhook)
            )  # fmt: skip
            return handler

        return declare

    def get(self, path: str, **declared: Any) -> Callable[[Handler], Handler]:
        """Declare a GET; see ``route``."""
        return self.route("GET", path, **declared)

    def post(self, path: str, **declared: Any) -> Callable[[Handler], Handler]:
        """Declare a POST; see ``route``."""
        return self.route("POST", path, **declared)

    def patch(self, path: str, **declared: Any) -> Callable[[Handler], Handler]:
        """Declare a PATCH; see ``route``."""
        return self.route("PATCH", path, **declared)

    def delete(self, path: str, **declared: Any) -> Callable[[Handler], Handler]:
        """Declare a DELETE; see ``route``."""
        return self.route("DELETE", path, **declared)


def set_menu_gate(app: Flask, gate: MenuGate) -> None:
    """Say who knows whether a function-menu module is open to a role."""
    app.extensions["menu_gate"] = gate


def _named(handler: Handler) -> frozenset[str]:
    return frozenset(inspect.signature(handler).parameters)


def _json(body: bytes, status: int) -> Response:
    return Response(body, status, content_type="application/json")
