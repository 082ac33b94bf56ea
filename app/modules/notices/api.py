"""Mobile endpoints: notices."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from sqlalchemy import false, select

from app.core import clock, richtext
from app.core.api import ANY, Caller, Endpoints, Page, PageQuery, Schema, as_id, paginate
from app.core.db import db
from app.core.errors import NotFound
from app.modules.notices import operations, queries
from app.modules.notices.models import Notice, NoticeCategory

api = Endpoints("notices", "公告")
MENU = "notices"
SUMMARY = 60


class NoticeQuery(PageQuery):
    """翻页，可只看一个分类（分类编号）"""

    category: Annotated[str, msgspec.Meta(max_length=24)] = ""


class NoticeItemOut(Schema):
    """列表中的一条公告；read 为本人是否读过"""

    id: str
    title: str
    summary: str
    category: str
    category_text: str
    pinned: bool
    read: bool
    published_at: datetime


class NoticeOut(NoticeItemOut):
    """公告全文；body 为已净化的 HTML"""

    body: str


class NoticeCategoryOut(Schema):
    """公告分类"""

    id: str
    name: str


@api.get("/notice-categories", roles=None, returns=list[NoticeCategoryOut], menu=MENU)
def list_categories() -> list[NoticeCategoryOut]:
    """公告分类，按显示顺序"""
    return [NoticeCategoryOut(id=str(one.id), name=one.name) for one in db.session.scalars(queries.categories())]


def _columns(caller: Caller | None) -> Any:
    seen = queries.seen_by(caller.role if caller else "visitor", caller.member_id if caller else None)
    was_read = queries.was_read(caller.member_id) if caller else false()
    return select(
        Notice.id, Notice.title, Notice.body, Notice.category_id, NoticeCategory.name.label("category_name"),
        Notice.pinned, Notice.starts_at, was_read.label("was_read"),
    ).join(NoticeCategory, NoticeCategory.id == Notice.category_id).where(seen)  # fmt: skip


def _out(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "title": row.title,
        "summary": richtext.plain(row.body, SUMMARY),
        "category": str(row.category_id),
        "category_text": row.category_name,
        "pinned": row.pinned,
        "read": bool(row.was_read),
        "published_at": clock.local(row.starts_at),
    }


@api.get("/notices", roles=None, query=NoticeQuery, returns=Page[NoticeItemOut], menu=MENU)
def list_notices(caller: Caller | None, query: NoticeQuery) -> Page[NoticeItemOut]:
    """公告，置顶的在前，新的在前"""
    found = _columns(caller)
    if query.category:
        found = found.where(Notice.category_id == as_id(query.category))
    rows, following = paginate(db.session(), found, query, queries.ORDER)
    return Page(items=[NoticeItemOut(**_out(row)) for row in rows], next=following)


@api.get("/notices/<notice_id>", roles=None, returns=NoticeOut, menu=MENU)
def show_notice(notice_id: str, caller: Caller | None) -> NoticeOut:
    """一条公告"""
    row = db.session.execute(_columns(caller).where(Notice.id == as_id(notice_id))).one_or_none()
    if row is None:
        raise NotFound
    return NoticeOut(**_out(row), body=row.body)


@api.post("/notices/<notice_id>/read", roles=ANY, menu=MENU)
def read_notice(notice_id: str, caller: Caller) -> None:
    """记为已读（打开公告时调用）"""
    operations.read(db.session(), as_id(notice_id), caller.member_id, caller.role)
