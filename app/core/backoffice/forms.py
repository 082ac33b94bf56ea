"""Forms: made from the model by Flask-AppBuilder's converter with our fields, and what goes wrong told in words."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import request
from flask_appbuilder.forms import GeneralModelConverter
from flask_babel import gettext as _
from sqlalchemy import inspect
from sqlalchemy.exc import DataError, IntegrityError

from app.core.backoffice.attributes import Attribute, Kind
from app.core.backoffice.fields import ONE_LINE, UNCHANGED, RelationField, RelationsField, field_for, fields
from app.core.db import column_label, whole_number
from app.core.errors import DomainError

REFUSALS = (DomainError, IntegrityError, DataError)
"""What a save may be refused with, and is told in words; anything else is a fault of ours."""


class RecordConverter(GeneralModelConverter):
    """Flask-AppBuilder's converter, with a field of ours for every column."""

    def __init__(
        self, datamodel: Any, attributes: Sequence[Attribute], *, editing: bool, required: bool = False
    ) -> None:
        super().__init__(datamodel)
        self.attributes = {attribute.name: attribute for attribute in attributes}
        self.editing, self.required = editing, required

    def _convert_col(self, col_name: str, label: str, description: str, lst_validators: Any, filter_rel_fields: Any,
                     form_props: dict[str, Any]) -> dict[str, Any]:  # fmt: skip
        form_props[col_name] = field_for(self.attributes[col_name], editing=self.editing, required=self.required)
        return form_props


def form_class(datamodel: Any, attributes: Sequence[Attribute], *, editing: bool, required: bool = False) -> type[Any]:
    """The form over ``attributes``. Raises LookupError for a column that stands in no form."""
    converter = RecordConverter(datamodel, attributes, editing=editing, required=required)
    return converter.create_form(inc_columns=[attribute.name for attribute in attributes])


def bind(kind: type[Any], record: Any = None, values: Mapping[str, Any] | None = None) -> Any:
    """The form with what was sent (POST), else with the record's or the given values."""
    data = dict(values or {}) if record is None else _of_record(kind, record)
    return kind(formdata=request.form if request.method == "POST" else None, data=data)


def preset(
    attributes: Sequence[Attribute], arguments: Mapping[str, str], find: Callable[[Attribute, int], Any]
) -> dict[str, Any]:
    """What an address says of a form's fields: a link from another record's page names that record.

    Relationships are looked for with ``find``, within the person's scope; what is none is left out.
    """
    given: dict[str, Any] = {}
    for what in attributes:
        text = arguments.get(what.name, "")
        number = whole_number(text)
        if what.kind is Kind.RELATION and number is not None:
            found = find(what, number)
            given |= {} if found is None else {what.name: found.id}
        elif what.kind in (Kind.CHOICE, Kind.TEXT) and text:
            given[what.name] = text[:ONE_LINE]
    return given


def stored(kind: type[Any], record: Any) -> Any:
    """The form with what the record holds now, whatever was sent."""
    return kind(formdata=None, data=_of_record(kind, record))


def accept(form: Any, find: Callable[[Attribute, Sequence[int]], Mapping[int, Any]]) -> bool:
    """Whether all that was typed holds; related records are looked for with ``find``, within the person's scope."""
    good = form.validate()
    for field in fields(form):
        if isinstance(field, RelationField) and not field.errors:
            ids = related_ids(field)
            if ids and set(ids) - find(field.attribute, ids).keys():
                field.refuse(field.absent())
                good = False
    return bool(good)


def related_ids(field: RelationField) -> Sequence[int]:
    """The records that a field names."""
    if isinstance(field, RelationsField):
        return field.data or ()
    return () if field.data is None else (field.data,)


def values(form: Any) -> dict[str, Any]:
    """What the operation is given: column names and values; masked fields left empty are not in it."""
    return {field.attribute.key: field.value() for field in fields(form) if field.value() is not UNCHANGED}


def explain(form: Any, error: Exception, model: Any) -> list[str]:
    """Put an error at its fields; what concerns no field of the form is returned, in words."""
    rest = []
    for name, message in words(error, model).items():
        field = next((f for f in fields(form) if name in (f.name, f.attribute.key)), None)
        if field is None:
            rest.append(message)
        else:
            field.refuse(message)
    return rest


def words(error: Exception, model: Any) -> dict[str, str]:
    """What a refusal says, by field ("" for the whole)."""
    return error.by_field() if isinstance(error, DomainError) else database_words(error, model)


def database_words(error: Exception, model: Any) -> dict[str, str]:
    """What a refusal of the database means, by column ("" for the whole); never its SQL or parameters."""
    if not isinstance(error, IntegrityError):
        return {"": _("提交的内容无法保存，请检查后重试")}
    text = str(error.orig)
    kind, columns = _violation(error, text, model)
    if kind == "unique":
        labels = _("、").join(_source_label(model, name) for name in columns)
        message = _("“%(label)s”已存在，请更换", label=labels) if labels else _("已存在相同的记录")
        return {_source(model, columns[-1]) if columns else "": message}
    if kind == "foreign":
        return {"": _("有其他记录与之关联，或所选的记录已不存在")}
    if kind == "null" and columns:
        return {columns[0]: _("请填写“%(label)s”", label=_source_label(model, columns[0]))}
    return {"": _("提交的内容与已有数据冲突，请检查后重试")}


def _of_record(kind: type[Any], record: Any) -> dict[str, Any]:
    found = ((name, getattr(unbound, "kwargs", {}).get("attribute")) for name, unbound in vars(kind).items())
    return {name: getattr(record, what.key) for name, what in found if what is not None}


def _violation(error: IntegrityError, text: str, model: Any) -> tuple[str, list[str]]:
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:  # PostgreSQL
        kind = {"23505": "unique", "23503": "foreign", "23502": "null"}.get(
            getattr(error.orig, "sqlstate", "") or "", ""
        )
        if kind == "unique":
            found = re.search(r"Key \(([^)]*)\)=", diagnosis.message_detail or "")
            return kind, [part.strip(' "') for part in found.group(1).split(",")] if found else []
        return kind, [diagnosis.column_name] if diagnosis.column_name else []
    for start, kind in (("UNIQUE", "unique"), ("FOREIGN KEY", "foreign"), ("NOT NULL", "null")):
        if text.startswith(f"{start} constraint failed"):
            table = model.__tablename__
            return kind, [
                part.strip().partition(".")[2] for part in text.partition(":")[2].split(",") if f"{table}." in part
            ]
    return "", []


def _source(model: Any, name: str) -> str:
    column = inspect(model).columns.get(name)
    return column.info["derived"][0] if column is not None and "derived" in column.info else name


def _source_label(model: Any, name: str) -> str:
    try:
        return column_label(model, _source(model, name))
    except KeyError:
        return name
