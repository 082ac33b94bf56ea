"""Notices to and from spreadsheets: imported ones come in as drafts, their text as plain paragraphs."""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import publishing
from app.core.sheets.columns import Choices, Flag, Lookup, Text
from app.core.sheets.richtext import Words
from app.core.sheets.sheet import Draft, Row, Sheet
from app.modules.estate.models import Community
from app.modules.notices.models import Notice, NoticeCategory, NoticePlace


def prepare(session: Session, rows: list[Row]) -> None:
    """What readers can see already is changed in the back office, one by one, and not by a file."""
    ids = [row.record_id for row in rows if row.record_id is not None]
    shown = set(session.scalars(select(Notice.id).where(Notice.id.in_(ids), Notice.state == publishing.PUBLISHED)))
    for row in rows:
        if row.record_id in shown:
            row.refuse(None, _("同名公告已发布，不能通过导入修改"))
        community_id = row.values.pop("community_id", None)
        if row.record_id is None and community_id is not None:
            row.bring(Draft(NoticePlace, {"community_id": community_id}, "notice_id"))


def _communities() -> Any:
    """The names of a notice's communities."""
    names = func.aggregate_strings(Community.name, "、")
    chosen = select(names).join(NoticePlace, NoticePlace.community_id == Community.id)
    return chosen.where(NoticePlace.notice_id == Notice.id).correlate(Notice).scalar_subquery()


NOTICES = Sheet(
    Notice,
    key=("title",),
    area="notices",
    columns=[
        Text("title", example="关于电梯年检的通知"),
        Lookup("category_id", "分类", NoticeCategory, by=("name",), example="物业通知"),
        Words("body", required=True, example="各位业主：……"),
        Lookup(
            "community_id",
            "园区",
            Community,
            by=("name", "code"),
            extra=True,
            source=_communities,
            example="示例科技园",
            note="系统中已有的园区名称或园区编码；留空表示所有园区",
        ),
        Choices("roles", example="商家、租客", note="留空表示所有人"),
        Flag("pinned"),
    ],
    prepare=prepare,
)
