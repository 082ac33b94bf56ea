"""What requests and answers look like: msgspec structs that refuse unknown fields, and errors in Chinese.

msgspec stops at the first error and words it in English; here every field is looked at, and each sentence goes
with the field's name, so that a form can show it in place.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from app.core.db import whole_number
from app.core.errors import DomainError, FieldError, Invalid, NotFound

T = TypeVar("T", bound=msgspec.Struct)

NUL = "\x00"
ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


class Schema(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=False):
    """Base of every request and answer body."""


class NoQuery(Schema):
    """The query of an endpoint that declares none: empty."""


Id = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,18}$", description="编号", examples=["1024"])]
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=r"\S")]
LongText = Annotated[str, msgspec.Meta(min_length=1, max_length=2000, pattern=r"\S")]
PhoneText = Annotated[str, msgspec.Meta(min_length=5, max_length=20, examples=["13800138000"])]
MediaKeys = Annotated[list[Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}$")]], msgspec.Meta(max_length=9)]


class MalformedBody(DomainError):
    """The body is no JSON, or not UTF-8."""

    status = 400
    code = "malformed"


class UnsupportedBody(DomainError):
    """The body's content type is not the one that the endpoint reads."""

    status = 415
    code = "unsupported_media_type"


def as_id(text: str) -> int:
    """The number that an id stands for. Raises NotFound: an id that cannot exist is an absent one."""
    number = whole_number(text)
    if number is None:
        raise NotFound
    return number


def read_body(raw: bytes, kind: type[T]) -> T:
    """Decode and check a JSON body. Raises MalformedBody or Invalid."""
    if ESCAPED_NUL.search(raw):
        raise Invalid.field("body", _("内容中不能有空字符"))
    try:
        try:
            return msgspec.json.decode(raw, type=kind)
        except msgspec.ValidationError as error:
            raise invalid(msgspec.json.decode(raw), kind, str(error), strict=True) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedBody(_("请求内容不是有效的 JSON")) from None


def read_query(arguments: MultiDict[str, str], kind: type[T]) -> T:
    """Check query parameters; of a repeated one the first counts. Raises Invalid."""
    plain = arguments.to_dict()
    for name, text in plain.items():
        if NUL in text:
            raise Invalid.field(name, _("内容中不能有空字符"))
    try:
        return msgspec.convert(plain, kind, strict=False)
    except msgspec.ValidationError as error:
        raise invalid(plain, kind, str(error), strict=False) from None


def invalid(plain: Any, kind: type[msgspec.Struct], first: str, *, strict: bool) -> Invalid:
    """Every wrong field of what was sent; ``first`` is the error that msgspec stopped at."""
    errors = list(_wrong_fields(plain, kind, strict)) if isinstance(plain, dict) else []
    if not errors:
        errors = [field_error(first)]
    return Invalid(errors[0].message if len(errors) == 1 else None, errors)


def _wrong_fields(plain: dict[str, Any], kind: type[msgspec.Struct], strict: bool) -> Iterator[FieldError]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name, field in fields.items():
        if name in plain:
            try:
                msgspec.convert(plain[name], field.type, strict=strict)
            except msgspec.ValidationError as error:
                yield field_error(str(error), name)
        elif field.required:
            yield FieldError(name, _("不能缺少此项"))
    for name in plain:
        if name not in fields:
            yield FieldError(name, _("不认识的字段"))


def field_error(sentence: str, within: str = "") -> FieldError:
    """msgspec's sentence as ours, with the path of the field; ``within`` is the field that it speaks of."""
    text, _sep, where = sentence.partition(" - at `")
    path = (within + where.rstrip("`").removeprefix("$")).removeprefix(".")
    for pattern, build in SENTENCES:
        match = pattern.fullmatch(text)
        if match:
            name, message = build(match.groupdict())
            return FieldError(".".join(part for part in (path, name) if part) or "body", message)
    return FieldError(path or "body", _("内容有误"))


TYPES = {"str": "文字", "int": "整数", "float": "数字", "bool": "true 或 false", "array": "列表", "object": "对象",
         "null": "空", "date": "日期", "datetime": "时间"}  # fmt: skip


def _types(text: str) -> str:
    return "或".join(TYPES.get(part.strip(" `"), part.strip(" `")) for part in text.split("|"))


def _bound(groups: Mapping[str, str]) -> tuple[str, str]:
    kind, relation, limit = groups["kind"], groups["relation"], groups["limit"]
    if "length" in groups["what"]:
        unit = _("项") if kind == "array" else _("个字")
        if relation == ">=":
            return "", _("不能少于 %(n)s %(unit)s", n=limit, unit=unit) if limit != "1" else _("不能为空")
        return "", _("不能超过 %(n)s %(unit)s", n=limit, unit=unit)
    return "", {
        ">=": _("不能小于 %(n)s", n=limit),
        "<=": _("不能大于 %(n)s", n=limit),
        ">": _("应大于 %(n)s", n=limit),
        "<": _("应小于 %(n)s", n=limit),
    }[relation]


SENTENCES: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"Object missing required field `(?P<name>[^`]+)`"), lambda g: (g["name"], _("不能缺少此项"))),
    (re.compile(r"Object contains unknown field `(?P<name>[^`]+)`"), lambda g: (g["name"], _("不认识的字段"))),
    (re.compile(r"Expected `(?P<kind>\w+)`(?P<what>(?: of length)?) (?P<relation>[<>]=?) (?P<limit>\S+)"), _bound),
    (re.compile(r"Expected `str` matching regex .*", re.S), lambda g: ("", _("格式不正确"))),
    (
        re.compile(r"Expected `(?P<want>[^`]+)`, got `(?P<got>[^`]+)`"),
        lambda g: ("", _("应为%(want)s，收到的是%(got)s", want=_types(g["want"]), got=_types(g["got"]))),
    ),
    (re.compile(r"Invalid enum value .*", re.S), lambda g: ("", _("不在可选范围内"))),
    (re.compile(r"Invalid RFC3339 .*", re.S), lambda g: ("", _("不是有效的日期或时间"))),
    (re.compile(r"Expected `(?P<want>[^`]+)`"), lambda g: ("", _("应为%(want)s", want=_types(g["want"])))),
)
