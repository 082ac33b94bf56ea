"""Notices to and from spreadsheets: imported ones come in as drafts, their text as plain paragraphs."""

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import publishing
from app.core.sheets.columns import Choice, Choices, Flag, Text
from app.core.sheets.richtext import Words
from app.core.sheets.sheet import Row, Sheet
from app.modules.estate.sheets import community_column
from app.modules.notices.models import Notice


def prepare(session: Session, rows: list[Row]) -> None:
    """What readers can see already is changed in the back office, one by one, and not by a file."""
    ids = [row.record_id for row in rows if row.record_id is not None]
    shown = set(session.scalars(select(Notice.id).where(Notice.id.in_(ids), Notice.state == publishing.PUBLISHED)))
    for row in rows:
        if row.record_id in shown:
            row.refuse(None, _("同名公告已发布，不能通过导入修改"))


NOTICES = Sheet(
    Notice,
    key=("title",),
    area="notices",
    columns=[
        Text("title", example="关于电梯年检的通知"),
        Choice("category", example="物业通知"),
        Words("body", required=True, example="各位业主：……"),
        community_column(),
        Choices("roles", example="商家、租客", note="留空表示所有人"),
        Flag("pinned"),
    ],
    prepare=prepare,
)
