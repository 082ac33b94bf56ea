"""The form fields: one for each kind of value, with Chinese messages and the limits of the column.

Each field turns what was typed into the value that an operation takes (fen, aware moments, ids); what
cannot be turned is kept as typed and said in words.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from wtforms import Field, ValidationError
from wtforms.fields.core import UnboundField

from app.core import clock, richtext
from app.core.backoffice.attributes import Attribute, Kind
from app.core.backoffice.filters import number

LONG_TEXT = 20_000
ONE_LINE = 200
MOST_RELATED = 100
UNCHANGED = object()
"""What a masked field holds when nothing was typed: the record keeps its value."""


class ValueField(Field):
    """Base of our fields: ``raw`` is what was typed, ``data`` the value in the column's type."""

    control = "text"
    errors: Sequence[str]

    def __init__(self, label: str = "", *, attribute: Attribute, required: bool, **options: Any) -> None:
        super().__init__(label, **options)
        self.attribute, self.is_required = attribute, required
        self.raw = ""
        self.current = ""
        """What is stored now, shown when another person changed it meanwhile."""

    def process_data(self, value: Any) -> None:
        self.data = value
        self.raw = "" if value is None else self.write(value)

    def process_formdata(self, valuelist: list[str]) -> None:
        if not valuelist:
            return
        shown, self.raw = self.raw, valuelist[0].strip()
        if self.raw and self.raw == shown:
            return  # as it was shown: the form may show less of it than there is, a moment without its seconds
        self.data = None
        if any(ord(c) < 32 and c not in "\r\n\t" for c in self.raw):
            raise ValueError(_("“%(label)s”含有不允许的字符", label=self.label.text))
        if self.raw:
            self.data = self.read(self.raw)

    def pre_validate(self, form: Any) -> None:
        if self.process_errors:
            return
        if self.is_required and self.empty:
            raise ValidationError(_("请填写“%(label)s”", label=self.label.text))

    @property
    def empty(self) -> bool:
        return self.data is None or self.data == ""

    def read(self, text: str) -> Any:
        """The value of typed text. Raises ValueError with a Chinese sentence."""
        return text

    def write(self, value: Any) -> str:
        """The text of a value, as it stands in the input."""
        return str(value)

    def value(self) -> Any:
        """What the operation is given."""
        return self.data

    def refuse(self, message: str) -> None:
        """Say at this field what is wrong."""
        self.errors = [*self.errors, message]


class TextField(ValueField):
    """Text within the column's length; an absent one is "" where the column knows no null."""

    @property
    def control(self) -> str:  # type: ignore[override]
        """Long texts get room."""
        return "textarea" if self.max_length > ONE_LINE else "text"

    @property
    def max_length(self) -> int:
        return getattr(self.attribute.column.type, "length", None) or (
            LONG_TEXT if self.attribute.kind is Kind.LONG_TEXT else 64
        )

    def read(self, text: str) -> str:
        text = text.replace("\r\n", "\n")
        if len(text) > self.max_length:
            raise ValueError(_("“%(label)s”最多 %(limit)s 个字", label=self.label.text, limit=self.max_length))
        return text

    def value(self) -> Any:
        return ("" if not self.attribute.nullable else None) if self.empty else self.data


class RichField(ValueField):
    """Rich text, written in the editor of ``richtext/editor.js``; what is kept as typed is already clean."""

    control = "rich"
    max_length = richtext.LONGEST

    def read(self, text: str) -> str:
        if len(text) > self.max_length:
            raise ValueError(_("“%(label)s”过长，请缩短后再保存", label=self.label.text))
        self.raw = richtext.clean(text)
        return "" if richtext.is_empty(self.raw) else self.raw

    def write(self, value: Any) -> str:
        return richtext.clean(value)

    def value(self) -> Any:
        return ("" if not self.attribute.nullable else None) if self.empty else self.data


class MaskedField(TextField):
    """A personal value in an edit form: never shown in full; empty leaves it as it is, a tick clears it."""

    control = "masked"
    shown = ""
    clear = False

    def process_data(self, value: Any) -> None:
        self.data = UNCHANGED
        privacy = self.attribute.privacy
        self.shown = (privacy.shown(value) or "") if value and privacy else ""

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)
        if formdata is not None:
            self.clear = self.attribute.nullable and f"{self.name}__clear" in formdata
            if self.data is None:
                self.data = None if self.clear else UNCHANGED

    @property
    def empty(self) -> bool:
        return self.data is None

    def pre_validate(self, form: Any) -> None:
        return


class NumberField(ValueField):
    """A whole number, a decimal, or yuan (handed on as fen)."""

    control = "number"

    @property
    def step(self) -> str:
        kind = self.attribute.kind
        if kind in (Kind.INTEGER, Kind.MONEY):
            return "1" if kind is Kind.INTEGER else "0.01"
        return str(Decimal(1).scaleb(-(getattr(self.attribute.column.type, "scale", 0) or 0)))

    def read(self, text: str) -> Any:
        try:
            value = number(self.attribute, text)
        except ValueError:
            whole = self.attribute.kind is Kind.INTEGER
            message = _("“%(label)s”应为整数，且不能过大") if whole else _("“%(label)s”应为数字，且不能过大")
            raise ValueError(message % {"label": self.label.text}) from None
        typed = Decimal(text.replace(",", ""))
        places = -Decimal(self.step).as_tuple().exponent  # type: ignore[operator]
        if self.attribute.kind is not Kind.INTEGER and typed != round(typed, places):
            raise ValueError(_("“%(label)s”最多 %(places)s 位小数", label=self.label.text, places=places))
        info = self.attribute.column.info
        for bound, wrong, message in (
            ("minimum", lambda limit: typed < limit, _("“%(label)s”不能小于 %(limit)s")),
            ("maximum", lambda limit: typed > limit, _("“%(label)s”不能大于 %(limit)s")),
        ):
            if bound in info and wrong(info[bound]):
                raise ValueError(message % {"label": self.label.text, "limit": info[bound]})
        return value

    def write(self, value: Any) -> str:
        if self.attribute.kind is Kind.MONEY:
            return f"{Decimal(value) / 100:.2f}"
        return f"{value:f}" if isinstance(value, Decimal) else str(value)


class DayField(ValueField):
    """A calendar day."""

    control = "date"

    def read(self, text: str) -> date:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            day = date.min
        if not 1900 <= day.year <= 2999:
            raise ValueError(_("“%(label)s”不是有效的日期", label=self.label.text))
        return day

    def write(self, value: Any) -> str:
        return f"{value:%Y-%m-%d}"


class MomentField(ValueField):
    """A moment, typed on an Asia/Shanghai clock."""

    control = "datetime-local"

    def read(self, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            moment = datetime.min  # noqa: DTZ901  (only its year is looked at)
        if not 1900 <= moment.year <= 2999:
            raise ValueError(_("“%(label)s”不是有效的时间", label=self.label.text))
        return moment.replace(tzinfo=moment.tzinfo or clock.SHANGHAI).astimezone(UTC)

    def write(self, value: Any) -> str:
        return f"{clock.local(value):%Y-%m-%dT%H:%M}"


class FlagField(ValueField):
    """Yes or no. An unticked box is sent by no browser: absent means no."""

    control = "flag"

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = bool(valuelist) and valuelist[0] not in ("", "0", "false")

    def pre_validate(self, form: Any) -> None:
        return


class ChoiceField(ValueField):
    """One of the column's keys."""

    control = "select"

    def read(self, text: str) -> str:
        if text not in self.attribute.choices:
            raise ValueError(_("请从列表中选择“%(label)s”", label=self.label.text))
        return text


class SeveralField(ValueField):
    """Any of the column's keys, as a list in the declared order."""

    control = "ticks"

    def process_data(self, value: Any) -> None:
        self.data = list(value or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        chosen = {text for text in valuelist if text}
        self.data = [key for key in self.attribute.choices if key in chosen]
        if chosen - set(self.attribute.choices):
            raise ValueError(_("请从列表中选择“%(label)s”", label=self.label.text))

    @property
    def empty(self) -> bool:
        return not self.data


class RelationField(ValueField):
    """A related record by id; whether it exists in the person's scope is asked of the view."""

    control = "relation"
    titles: Sequence[tuple[int, str]] = ()
    """The chosen records, by id, as they are called."""

    def read(self, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= self.attribute.largest):
            raise ValueError(self.absent())
        return int(text)

    def absent(self) -> str:
        return _("所选的“%(label)s”不存在，或不在您的数据范围内", label=self.label.text)


class RelationsField(RelationField):
    """Several related records by id, in no order; the browser sends one value for each."""

    control = "relations"

    def process_data(self, value: Any) -> None:
        self.data = sorted(record.id for record in value or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = sorted({self.read(text) for text in valuelist if text.strip()})
        if len(self.data) > MOST_RELATED:
            raise ValueError(_("“%(label)s”最多选择 %(limit)s 项", label=self.label.text, limit=MOST_RELATED))

    @property
    def empty(self) -> bool:
        return not self.data


class JsonField(ValueField):
    """Free structured data, typed as JSON."""

    control = "textarea"
    max_length = LONG_TEXT

    def read(self, text: str) -> Any:
        try:
            if len(text) > LONG_TEXT or "\\u0000" in text:
                raise ValueError
            return json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError(_("“%(label)s”不是有效的 JSON", label=self.label.text)) from None

    def write(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, indent=2)


FIELDS: dict[Kind, type[ValueField]] = {
    Kind.TEXT: TextField,
    Kind.LONG_TEXT: TextField,
    Kind.RICH: RichField,
    Kind.FLAG: FlagField,
    Kind.CHOICE: ChoiceField,
    Kind.SEVERAL: SeveralField,
    Kind.INTEGER: NumberField,
    Kind.DECIMAL: NumberField,
    Kind.MONEY: NumberField,
    Kind.DATE: DayField,
    Kind.MOMENT: MomentField,
    Kind.RELATION: RelationField,
    Kind.RELATIONS: RelationsField,
    Kind.JSON: JsonField,
}
NEVER = frozenset({"id", "created_at", "updated_at"})


def field_for(attribute: Attribute, *, editing: bool, required: bool = False) -> UnboundField:
    """The unbound field of an attribute. Raises LookupError for states, ids and derived columns."""
    where = f"{attribute.model.__name__}.{attribute.name}"
    if attribute.key in NEVER or "derived" in attribute.column.info or attribute.kind not in FIELDS:
        raise LookupError(f"{where} stands in no form")
    default = _default(attribute)
    textual = attribute.kind in (Kind.TEXT, Kind.LONG_TEXT, Kind.RICH, Kind.SEVERAL)
    needed = required or (not attribute.nullable and not (textual and default is not None))
    kind = MaskedField if editing and attribute.masked else FIELDS[attribute.kind]
    return kind(attribute.label, attribute=attribute, required=needed, default=default)


def fields(form: Any) -> Iterator[ValueField]:
    """Our fields of a form, without the token."""
    return (field for field in form if isinstance(field, ValueField))


def _default(attribute: Attribute) -> Any:
    default: Any = attribute.column.default
    if default is None or not (default.is_scalar or default.is_callable):
        return None
    return default.arg(None) if default.is_callable else default.arg
