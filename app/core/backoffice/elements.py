"""The parts of a screen that are no attribute of the model: buttons, bulk actions, computed columns."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from app.core.backoffice.attributes import NUMBERS, Attribute

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


@dataclass(frozen=True)
class Shown:
    """A column of a list or a line of a show page: an attribute of the model, or computed by the view."""

    name: str
    label: str
    attribute: Attribute | None = None
    compute: Callable[[Session, list[Any]], Mapping[int, Any]] | None = None

    @property
    def numeric(self) -> bool:
        return self.attribute is not None and self.attribute.kind in NUMBERS


def bulk(title: str, *, confirm: str, action: str = "edit") -> Callable[[F], F]:
    """Declare a method ``(self, session, query) -> message | Response | None`` as an action over ticked rows.

    ``query`` selects the ticked records that the person may see (at most 1,000); the method runs in one transaction.
    """

    def declare(method: F) -> F:
        method._bulk = Bulk(method.__name__, title, action, confirm)  # type: ignore[attr-defined]
        return method

    return declare


def computed(label: str) -> Callable[[F], F]:
    """Declare a method ``(self, session, records) -> {id: text or Cell}`` as a column: one call for a whole page."""

    def declare(method: F) -> F:
        method._computed = label  # type: ignore[attr-defined]
        return method

    return declare
