"""Which screen shows which model, and who may see which of a model's records."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from flask import current_app
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from app.core import rights
from app.core.backoffice.attributes import Attribute, Kind, attribute, describable

if TYPE_CHECKING:
    from app.core.backoffice.declaration import Declaration


def register(view: "Declaration") -> None:
    """Make a screen known to the others; the first of a model describes its records elsewhere."""
    screens = current_app.extensions.setdefault("screens", {})
    screens.setdefault(view.model, view)
    screens[type(view)] = view


def screen_of(model_or_class: Any) -> "Declaration | None":
    """The screen of a model, or the instance of a screen class; None when there is none."""
    return current_app.extensions.get("screens", {}).get(model_or_class)


def screen_named(name: str) -> "Declaration | None":
    """The screen whose class is called so; None when there is none."""
    screens = current_app.extensions.get("screens", {}).values()
    return next((screen for screen in screens if type(screen).__name__ == name), None)


def describe(record: Any) -> str:
    """What a record is called where another mentions it."""
    screen = screen_of(type(record))
    return screen.describe(record) if screen else str(record)


def loading(relation: Attribute) -> Any:
    """How a relationship is loaded to be described: one query for all rows, one more for each thing that names it."""
    loader = selectinload(getattr(relation.model, relation.name))
    return loader.options(*describing(relation.target))


def describing(model: Any) -> list[Any]:
    """The loader options that ``describe`` needs for records of ``model``."""
    screen = screen_of(model)
    return [selectinload(getattr(model, name)) for name in screen.described_with] if screen else []


def relations(attributes: Sequence[Attribute]) -> list[Attribute]:
    """Those of the attributes that are relationships."""
    return [attribute for attribute in attributes if attribute.kind in (Kind.RELATION, Kind.RELATIONS)]


def in_scope(model: Any) -> Select[Any]:
    """The records of ``model`` in the signed-in person's data scope (数据权限)."""
    return within(model, rights.communities())


def within(model: Any, ids: frozenset[int] | None) -> Select[Any]:
    """The records of ``model`` in these communities; None: all."""
    query = select(model)
    condition = None if ids is None else model.in_communities(ids)
    return query if condition is None else query.where(condition)


def searchable(model: Any) -> list[Attribute]:
    """The columns by which a record is looked for when it is to be chosen: those of its screen's search box, else its
    first two plain texts."""
    screen = screen_of(model)
    if screen and screen.search_attributes:
        return list(screen.search_attributes)
    texts = [attribute(model, name) for name in describable(model)]
    return [text for text in texts if text.kind is Kind.TEXT and not text.masked][:2]
