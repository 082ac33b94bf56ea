"""Mobile endpoints: convenience information."""

import re
from typing import Annotated, Any

import msgspec
from sqlalchemy import select

from app.core import publishing, richtext
from app.core.api import Caller, Endpoints, Page, Schema, as_id
from app.core.db import db
from app.core.errors import NotFound
from app.modules.convenience import operations
from app.modules.convenience.models import ConvenienceCategory, ConvenienceInfo
from app.modules.members.queries import reaches

api = Endpoints("convenience", "便民信息")
MENU = "convenience"
MOST = 200


class ConvenienceQuery(Schema):
    """按分类或文字查找"""

    category_id: Annotated[str, msgspec.Meta(max_length=20)] = ""
    q: Annotated[str, msgspec.Meta(max_length=32)] = ""


class HotlineOut(Schema):
    """一个可以拨打的号码：显示的文字和拨号用的号码"""

    text: str
    dial: str


class ConvenienceItemOut(Schema):
    """一条便民信息"""

    id: str
    category_id: str
    category: str
    icon: str
    title: str
    summary: str
    phones: list[HotlineOut]
    place: str
    hours: str


class ConvenienceOut(ConvenienceItemOut):
    """便民信息全文；body 为已净化的 HTML"""

    body: str


def _entries(caller: Caller | None) -> Any:
    return (
        select(
            ConvenienceInfo.id, ConvenienceInfo.category_id, ConvenienceInfo.title, ConvenienceInfo.hotlines,
            ConvenienceInfo.place, ConvenienceInfo.hours, ConvenienceInfo.body,
            ConvenienceCategory.title.label("category"), ConvenienceCategory.icon,
        )
        .join(ConvenienceCategory, ConvenienceCategory.id == ConvenienceInfo.category_id)
        .where(publishing.visible(ConvenienceInfo), reaches(ConvenienceInfo, caller.member_id if caller else None))
        .order_by(ConvenienceCategory.position, ConvenienceCategory.id, ConvenienceInfo.position, ConvenienceInfo.id)
    )  # fmt: skip


def _out(row: Any) -> dict[str, Any]:
    hotlines = operations.numbers(row.hotlines)
    return {
        "id": str(row.id),
        "category_id": str(row.category_id),
        "category": row.category,
        "icon": row.icon,
        "title": row.title,
        "summary": richtext.plain(row.body, 60),
        "phones": [HotlineOut(text=text, dial=dial(text)) for text in hotlines],
        "place": row.place,
        "hours": row.hours,
    }


def dial(text: str) -> str:
    """What a phone dials: digits, and a pause before an extension."""
    number, _sep, extension = text.partition("转")
    return re.sub(r"[^0-9+]", "", number) + (f",{extension}" if extension else "")


@api.get("/convenience", roles=None, query=ConvenienceQuery, returns=Page[ConvenienceItemOut], menu=MENU)
def list_convenience(caller: Caller | None, query: ConvenienceQuery) -> Page[ConvenienceItemOut]:
    """便民信息，按分类和排序，最多 200 条"""
    found = _entries(caller).limit(MOST)
    if query.category_id:
        found = found.where(ConvenienceInfo.category_id == as_id(query.category_id))
    for word in query.q.split()[:4]:
        found = found.where(ConvenienceInfo.title.contains(word, autoescape=True))
    return Page(items=[ConvenienceItemOut(**_out(row)) for row in db.session.execute(found)], next=None)


@api.get("/convenience/<info_id>", roles=None, returns=ConvenienceOut, menu=MENU)
def show_convenience(info_id: str, caller: Caller | None) -> ConvenienceOut:
    """一条便民信息"""
    row = db.session.execute(_entries(caller).where(ConvenienceInfo.id == as_id(info_id))).one_or_none()
    if row is None:
        raise NotFound
    return ConvenienceOut(**_out(row), body=row.body)
