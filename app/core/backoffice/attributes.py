"""What a screen knows of one column or relationship, read from the model once at start.

Lists, filters, forms and show pages all ask here what kind of thing a name is; a name that does not
exist, or has no Chinese label, raises LookupError and stops the start.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import JSON, BigInteger, Boolean, Column, Date, Integer, Numeric, String, Text, inspect
from sqlalchemy.orm import MANYTOMANY, MANYTOONE

from app.core.db import LARGEST_ID, Exact, Moment, column_label
from app.core.privacy import Privacy, Sealed

LARGEST_INT = 2**31 - 1


class Kind(StrEnum):
    """What a value is, which decides its control, its filter and its looks."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    RICH = "rich"
    FLAG = "flag"
    CHOICE = "choice"
    SEVERAL = "several"
    STATE = "state"
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"
    DATE = "date"
    MONTH = "month"
    MOMENT = "moment"
    RELATION = "relation"
    RELATIONS = "relations"
    STAFF = "staff"
    JSON = "json"


NUMBERS = frozenset({Kind.INTEGER, Kind.DECIMAL, Kind.MONEY})
RANGES = NUMBERS | {Kind.DATE, Kind.MONTH, Kind.MOMENT}
CHOOSABLE = frozenset({Kind.CHOICE, Kind.SEVERAL, Kind.STATE})


@dataclass(frozen=True)
class Attribute:
    """One column or relationship of ``model``; ``column`` is the foreign key of a relationship, which stands in the
    table between for one to several records."""

    model: Any
    name: str
    label: str
    kind: Kind
    column: Column[Any]
    key: str
    """The name of the column attribute: what forms hand to operations (``building_id`` for ``building``)."""
    choices: Mapping[str, str] = field(default_factory=dict)
    privacy: Privacy | None = None
    target: Any = None
    digest: str | None = None
    """The derived column by which a sealed one is found again by equality."""
    tail: str | None = None

    @property
    def nullable(self) -> bool:
        return bool(self.column.nullable) or self.kind is Kind.RELATIONS

    @property
    def expression(self) -> Any:
        """The mapped column, for queries."""
        return getattr(self.model, self.key)

    @property
    def masked(self) -> bool:
        """Whether staff see it masked unless they reveal it."""
        return self.privacy is not None and not self.privacy.open

    @property
    def sealed(self) -> bool:
        return isinstance(self.column.type, Sealed)

    @property
    def largest(self) -> int:
        """The largest integer that the column holds."""
        return LARGEST_ID if isinstance(self.column.type, BigInteger) or self.target else LARGEST_INT


def attribute(model: Any, name: str) -> Attribute:
    """Read ``name`` of ``model``. Raises LookupError when it is neither a column nor a relationship to one record, or
    to several through a table between."""
    mapper = inspect(model)
    where = f"{model.__name__}.{name}"
    try:
        label = column_label(model, name)
    except KeyError as error:
        raise LookupError(f"{where}: {error.args[0]}") from None
    if name in mapper.relationships:
        relation = mapper.relationships[name]
        if relation.direction is MANYTOMANY:
            (_target, column), *_rest = relation.secondary_synchronize_pairs
            return Attribute(model, name, label, Kind.RELATIONS, column, name, target=relation.mapper.class_)
        if relation.direction is not MANYTOONE or len(relation.local_columns) != 1:
            raise LookupError(f"{where} is not a relationship to one record, or to several")
        column = next(iter(relation.local_columns))
        key = mapper.get_property_by_column(column).key
        return Attribute(model, name, label, Kind.RELATION, column, key, target=relation.mapper.class_)
    if name not in mapper.columns:
        raise LookupError(f"{where} is not a column")
    column = mapper.columns[name]
    kind, choices = _kind(model, name, column)
    derived = {
        function_column.key: function_column.columns[0]
        for function_column in mapper.column_attrs
        if function_column.columns[0].info.get("derived", ("",))[0] == name
    }
    return Attribute(
        model, name, label, kind, column, name, choices, column.info.get("privacy"),
        digest=next((key for key in derived if key.endswith("_index")), None),
        tail=next((key for key in derived if key.endswith("_tail")), None),
    )  # fmt: skip


def describable(model: Any) -> list[str]:
    """The names that a page about a record shows by default: labelled columns, a relationship for its foreign key."""
    mapper = inspect(model)
    relations = {
        next(iter(relation.local_columns)): relation.key
        for relation in mapper.relationships
        if relation.direction is MANYTOONE and len(relation.local_columns) == 1
    }
    names = []
    for column_attribute in mapper.column_attrs:
        column = column_attribute.columns[0]
        if "derived" in column.info or "label" not in column.info:
            continue
        names.append(relations.get(column, column_attribute.key))
    return names


def _kind(model: Any, name: str, column: Column[Any]) -> tuple[Kind, Mapping[str, str]]:
    info, kind = column.info, column.type
    if info.get("state"):
        flow = getattr(model, "flow", None)
        return Kind.STATE, info.get("choices") or (flow.states if flow and flow.field == name else {})
    if info.get("rich"):
        return Kind.RICH, {}
    if info.get("month"):
        return Kind.MONTH, {}
    if info.get("several"):
        return Kind.SEVERAL, info["choices"]
    if "choices" in info:
        return Kind.CHOICE, info["choices"]
    if any(key.column.table is User.__table__ for key in column.foreign_keys):
        return Kind.STAFF, {}
    for types, found in (
        (Boolean, Kind.FLAG),
        (JSON, Kind.JSON),
        ((Sealed,), Kind.TEXT),
        (Moment, Kind.MOMENT),
        (Date, Kind.DATE),
        (Integer, Kind.MONEY if name.endswith("_fen") else Kind.INTEGER),
        ((Numeric, Exact), Kind.DECIMAL),
        (Text, Kind.LONG_TEXT),
        (String, Kind.TEXT),
    ):
        if isinstance(kind, types):
            return found, {}
    raise LookupError(f"{model.__name__}.{name}: no control for {kind!r}")
