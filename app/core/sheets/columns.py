"""Columns of a sheet: how a cell becomes a value, and a value a cell. One object serves template, import and export."""

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask_babel import gettext as _
from sqlalchemy import Column as TableColumn
from sqlalchemy import String, inspect, select
from sqlalchemy.orm import aliased

from app.core.db import column_label, derived_columns
from app.core.errors import DomainError
from app.core.privacy import Privacy, Sealed

LONGEST_TEXT = 2000

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_BLANKS = " \t\r\n\u3000\xa0\u200b\ufeff"
_WIDE = {0xFEE0 + code: code for code in map(ord, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")}
_DANGEROUS = "=+-@\t\r"
_NEUTRALISED = re.compile(r"'+[=+\-@\t\r]")

Cell = str | int | float | bool
"""What the reader gives: dates come as ISO text."""


class CellError(ValueError):
    """A cell that cannot be taken; the message is for people and never repeats personal data."""


@dataclass(frozen=True)
class Masked:
    """A cell that holds a masked value of an earlier export: it stands for "unchanged"."""

    text: str


def neutralise(text: str) -> str:
    """Text that no spreadsheet program takes for a formula; ``clean`` takes it back exactly."""
    if (text[:1] in _DANGEROUS and text) or (text[:1] == "'" and _NEUTRALISED.match(text)):
        return f"'{text}"
    return text


def clean(cell: Cell) -> str:
    """A cell's text: trimmed, full-width letters and digits made plain, numbers without a false fraction.

    Raises CellError for control characters.
    """
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    text = str(cell).strip(_BLANKS)
    if text[:1] == "'" and _NEUTRALISED.match(text):
        text = text[1:]
    if not text.isascii():
        text = text.translate(_WIDE)
    if not text.isprintable() and _CONTROL.search(text):
        raise CellError(_("含有不可见的控制字符"))
    return text


class Column(ABC):
    """A column of a sheet. ``name`` is the attribute of the model; the title is its label unless given.

    ``required`` defaults to: part of the key, or not nullable and without default. ``extra`` columns are no
    attribute: they serve look-ups and hooks, and export what ``source()`` selects (nothing when None).
    """

    kind: ClassVar[str] = "text"
    width: ClassVar[int] = 16

    def __init__(
        self,
        name: str,
        title: str = "",
        *,
        required: bool | None = None,
        example: str = "",
        note: str = "",
        extra: bool = False,
        source: Callable[[], Any] | None = None,
    ) -> None:
        self.name, self.title, self.required = name, title, required
        self.example, self.note, self.extra, self.source = example, note, extra, source
        self.privacy: Privacy | None = None
        self.model: Any = None
        self.table_column: TableColumn[Any] | None = None
        self.index_name: str | None = None
        self.unique = False

    def bind(self, model: Any) -> None:
        """Take label, privacy, uniqueness and limits from the model. Raises LookupError for an unknown name."""
        self.model = model
        if self.extra:
            self.title = self.title or self.name
            self.required = bool(self.required)
            return
        mapper = inspect(model)
        if self.name not in mapper.columns:
            raise LookupError(f"{model.__name__} has no column {self.name!r}")
        column = mapper.columns[self.name]
        self.table_column = column
        self.title = self.title or column_label(model, self.name)
        self.privacy = column.info.get("privacy")
        if self.required is None:
            self.required = not column.nullable and column.default is None
        indexes = [name for name, source, _function in derived_columns(model) if source == self.name]
        self.index_name = next((name for name in indexes if name.endswith("_index")), None)
        self.unique = bool(column.unique) or any(mapper.columns[name].unique for name in indexes)

    @property
    def found_by(self) -> str:
        """The attribute by which a value is looked up with ``=``: the blind index of a sealed column."""
        if self.table_column is not None and isinstance(self.table_column.type, Sealed):
            if self.index_name is None:
                raise LookupError(f"{self.model.__name__}.{self.name} is sealed and has no index to find it by")
            return self.index_name
        return self.name

    def parse(self, cell: Cell) -> Any:
        """The value of a cell that is not blank. Raises CellError."""
        text = clean(cell)
        if self.privacy is not None and "*" in text:
            return Masked(text)
        return self.read(text)

    @abstractmethod
    def read(self, text: str) -> Any:
        """The value of a cell's text. Raises CellError."""

    def render(self, value: Any) -> Any:
        """What an export writes for a value that is not None: text, a number or a date."""
        return value

    def same(self, stored: Any, value: Any) -> bool:
        """Whether a value says nothing new about what is stored."""
        return bool(stored == value)

    def exported(self) -> Any:
        """The expression that an export selects for this column."""
        if self.source is not None:
            return self.source()
        return None if self.extra else getattr(self.model, self.name)

    def choices(self) -> Sequence[str]:
        """What the template offers as a drop-down list."""
        return ()

    def explained(self) -> str:
        """One line on what may stand in the column, for the template."""
        return self.note


class Text(Column):
    """Plain text up to the length of the model's column."""

    def bind(self, model: Any) -> None:
        super().bind(model)
        kind = self.table_column.type if self.table_column is not None else None
        self.longest = (kind.length if isinstance(kind, String) else None) or LONGEST_TEXT

    def read(self, text: str) -> str:
        if len(text) > self.longest:
            raise CellError(_("不能超过 %(limit)s 个字，现有 %(count)s 个", limit=self.longest, count=len(text)))
        return text

    def explained(self) -> str:
        return self.note or _("文字，不超过 %(limit)s 个字", limit=self.longest)


class Code(Text):
    """A number that is written as text: a phone, an identity number, a credit code.

    ``check`` returns the normalised text, or raises ValueError or a DomainError with a Chinese message.
    """

    width = 22

    def __init__(self, name: str, title: str = "", *, check: Callable[[str], str], **options: Any) -> None:
        super().__init__(name, title, **options)
        self.check = check

    def parse(self, cell: Cell) -> Any:
        if isinstance(cell, float) and not (cell.is_integer() and abs(cell) < 1e15):
            raise CellError(_("被表格软件当成了数字，末尾已丢失；请把单元格格式设为“文本”后重新输入"))
        return super().parse(cell)

    def read(self, text: str) -> str:
        text = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
        try:
            return super().read(self.check(text))
        except CellError:
            raise
        except ValueError as error:
            raise CellError(str(error)) from None
        except DomainError as error:
            raise CellError(next(iter(error.by_field().values()))) from None

    def explained(self) -> str:
        return self.note or _("请按文本填写")


class Choice(Column):
    """One of the choices of the model's column, written by its Chinese name."""

    def bind(self, model: Any) -> None:
        super().bind(model)
        assert self.table_column is not None
        info = self.table_column.info
        self.titles: Mapping[str, str] = model.flow.states if info.get("state") else info["choices"]
        self.keys = {title: key for key, title in self.titles.items()} | {key: key for key in self.titles}

    def read(self, text: str) -> Any:
        if text not in self.keys:
            raise CellError(
                _("“%(text)s”不在可选范围内（%(choices)s）", text=text[:20], choices="、".join(self.choices()))
            )
        return self.keys[text]

    def render(self, value: Any) -> str:
        return self.titles.get(value, str(value))

    def choices(self) -> Sequence[str]:
        return tuple(self.titles.values())

    def explained(self) -> str:
        return self.note or _("从下拉列表中选择：%(choices)s", choices="、".join(self.choices()))


class Choices(Choice):
    """Several of the choices, separated by 、 , ; or blanks; kept in the order of the declaration."""

    def read(self, text: str) -> list[str]:
        found = {super(Choices, self).read(part) for part in re.split(r"[、,,;;/\s]+", text) if part}
        return [key for key in self.titles if key in found]

    def same(self, stored: Any, value: Any) -> bool:
        return set(stored or ()) == set(value)

    def render(self, value: Any) -> str:
        return "、".join(super(Choices, self).render(key) for key in value)

    def explained(self) -> str:
        return self.note or _("可填多项，用“、”分隔：%(choices)s", choices="、".join(self.titles.values()))


class Flag(Column):
    """是 or 否."""

    WORDS: ClassVar[dict[str, bool]] = {
        **dict.fromkeys(("是", "y", "yes", "true", "1", "√", "✓", "有", "启用"), True),
        **dict.fromkeys(("否", "n", "no", "false", "0", "×", "✗", "无", "停用"), False),
    }

    def read(self, text: str) -> bool:
        try:
            return self.WORDS[text.lower()]
        except KeyError:
            raise CellError(_("请填写“是”或“否”")) from None

    def render(self, value: Any) -> str:
        return "是" if value else "否"

    def choices(self) -> Sequence[str]:
        return ("是", "否")

    def explained(self) -> str:
        return self.note or _("填写“是”或“否”")


class Lookup(Text):
    """A reference, written by one of the ``by`` attributes of ``target`` (exports write the first).

    ``within`` maps an attribute of the target to the column of this sheet that its value must equal: a building
    is found ``within={"community_id": "community_id"}``. All rows are resolved with one query at a time.
    """

    def __init__(
        self,
        name: str,
        title: str = "",
        target: Any = None,
        *,
        by: tuple[str, ...],
        within: Mapping[str, str] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(name, title, **options)
        self.target, self.by, self.within = target, by, dict(within or {})

    def bind(self, model: Any) -> None:
        super().bind(model)
        self.longest = LONGEST_TEXT
        derived = {source: name for name, source, _function in derived_columns(self.target) if name.endswith("_index")}
        columns = inspect(self.target).columns
        for name in (*self.by, *self.within):
            if name not in columns:
                raise LookupError(f"{self.target.__name__} has no column {name!r}")
        self.target_names = {
            name: derived[name] if isinstance(columns[name].type, Sealed) else name for name in (*self.by, *self.within)
        }
        self.privacy = columns[self.by[0]].info.get("privacy")

    def exported(self) -> Any:
        if self.source is not None or self.extra:
            return super().exported()
        target = aliased(self.target)
        key = getattr(self.model, self.name)
        return select(getattr(target, self.by[0])).where(target.id == key).correlate(self.model).scalar_subquery()

    def explained(self) -> str:
        return self.note or _("须为系统中已有的%(label)s", label=self.target.__label__)
