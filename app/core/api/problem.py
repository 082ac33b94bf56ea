"""Errors of the API as ``application/problem+json`` (RFC 9457) with a stable code and a Chinese sentence."""

from collections.abc import Sequence

import msgspec
from flask import Response, g

from app.core.errors import DomainError, FieldError, Invalid, TooManyRequests, Unauthenticated, Unavailable

CONTENT_TYPE = "application/problem+json"
CODES = {400: "malformed", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
         413: "too_large", 415: "unsupported_media_type", 429: "too_many_requests", 500: "internal",
         503: "unavailable"}  # fmt: skip
"""The codes of refusals that come from the web framework, the same as those of our own."""


def problem(status: int, code: str, detail: str, errors: Sequence[FieldError] = ()) -> Response:
    """An error answer; ``errors`` names the wrong fields of a 422."""
    body: dict[str, object] = {"status": status, "code": code, "detail": detail, "request_id": g.get("request_id", "")}
    if errors:
        body["errors"] = [{"field": error.field, "message": error.message} for error in errors]
    return Response(msgspec.json.encode(body), status, content_type=CONTENT_TYPE)


def problem_of(error: DomainError) -> Response:
    """The answer to a domain error."""
    response = problem(error.status, error.code, error.message, error.errors if isinstance(error, Invalid) else ())
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.retry_after)
    elif isinstance(error, Unavailable):
        response.headers["Retry-After"] = "5"
    elif isinstance(error, Unauthenticated):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response
