"""Domain errors: one stable code and one Chinese sentence each.

The back office shows them as a message beside the form, the API as problem+json (RFC 9457); both
take the HTTP status from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _


@dataclass(frozen=True)
class FieldError:
    """One wrong field: its name (dotted for nested ones) and what is wrong, in Chinese."""

    field: str
    message: str


class DomainError(Exception):
    """A rule of the business said no. ``status`` is the HTTP status that both faces answer."""

    status = 400
    code = "bad_request"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code

    def by_field(self) -> dict[str, str]:
        """What to say at which field of a form; under "" what concerns the whole of it."""
        return {"": self.message}


class NotFound(DomainError):
    """Absent, or not yours: the two are never told apart."""

    status = 404
    code = "not_found"

    def __init__(self, message: str | None = None, *, code: str | None = None) -> None:
        super().__init__(message or _("未找到该内容"), code=code)


class Unauthenticated(DomainError):
    """No token, or a dead one."""

    status = 401
    code = "unauthenticated"


class Forbidden(DomainError):
    """Signed in, but this role may not."""

    status = 403
    code = "forbidden"


class Conflict(DomainError):
    """The record is not in a state that allows this; nothing was changed."""

    status = 409
    code = "conflict"


class Invalid(DomainError):
    """What was sent does not hold; ``errors`` names each wrong field."""

    status = 422
    code = "invalid"

    def __init__(
        self, message: str | None = None, errors: Sequence[FieldError] = (), *, code: str | None = None
    ) -> None:
        super().__init__(message or _("提交的内容有误，请检查后重试"), code=code)
        self.errors = tuple(errors)

    def by_field(self) -> dict[str, str]:
        return {error.field: error.message for error in self.errors} or super().by_field()

    @classmethod
    def field(cls, field: str, message: str) -> "Invalid":
        """The common case: one wrong field."""
        return cls(message, [FieldError(field, message)])


class TooLarge(DomainError):
    """The body or the file exceeds what is accepted."""

    status = 413
    code = "too_large"


class TooManyRequests(DomainError):
    """A rate limit was hit; ``retry_after`` is in seconds."""

    status = 429
    code = "too_many_requests"

    def __init__(self, message: str, *, retry_after: int, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after = retry_after


class Unavailable(DomainError):
    """An outside party did not answer; trying again later may work."""

    status = 503
    code = "unavailable"
