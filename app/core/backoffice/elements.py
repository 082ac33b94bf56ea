"""The parts of a screen that are no attribute of the model: buttons, bulk actions, computed columns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.core.backoffice.attributes import Attribute

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Button:
    """A further button of a module: a link, with the right it needs in the view's area."""

    title: str
    href: str
    icon: str = "fa-arrow-right"
    right: str = "view"


@dataclass(frozen=True)
class Bulk:
    """An action over ticked rows."""

    name: str
    title: str
    action: str
    confirm: str
    together: Sequence[str] = ()
    whole: bool = False


@dataclass(frozen=True)
class Shown:
    """A column of a list or a line of a show page: an attribute of the model, or computed by the view."""

    name: str
    label: str
    attribute: Attribute | None = None
    compute: Callable[[Session, list[Any]], Mapping[int, Any]] | None = None
    numeric: bool = False
    """Stands to the right, figure below figure."""


def bulk(title: str, *, confirm: str, action: str = "edit", together: Sequence[str] = ()) -> Callable[[F], F]:
    """Declare a method ``(self, session, records, staff_id) -> {id: reason} | None`` as an action over ticked rows.

    It is called outside the request for each ticked record that the person may see, or at once for those that are equal
    in the columns ``together``; each call is one transaction. It raises DomainError for what is refused, or returns the
    reasons for those of the records that are.
    """

    def declare(method: F) -> F:
        method._bulk = Bulk(method.__name__, title, action, confirm, together)  # type: ignore[attr-defined]
        return method

    return declare


def bulk_document(title: str, *, confirm: str, action: str = "edit") -> Callable[[F], F]:
    """Declare a method ``(self, session, query) -> Response`` that makes one thing of all ticked rows, as a print.

    ``query`` selects the ticked records that the person may see (at most 1,000); the method runs in one transaction.
    """

    def declare(method: F) -> F:
        method._bulk = Bulk(method.__name__, title, action, confirm, whole=True)  # type: ignore[attr-defined]
        return method

    return declare


def computed(label: str, *, numeric: bool = False) -> Callable[[F], F]:
    """Declare a method ``(self, session, records) -> {id: text or Cell}`` as a column: one call for a whole page."""

    def declare(method: F) -> F:
        method._computed = (label, numeric)  # type: ignore[attr-defined]
        return method

    return declare
