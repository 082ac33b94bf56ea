"""Convenience information to and from spreadsheets."""

from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.core.sheets.columns import Lookup, Text
from app.core.sheets.quantities import Integer
from app.core.sheets.richtext import Words
from app.core.sheets.sheet import Row, Sheet
from app.modules.convenience import operations
from app.modules.convenience.models import ConvenienceCategory, ConvenienceInfo
from app.modules.estate.sheets import community_column


def prepare(session: Session, rows: list[Row]) -> None:
    """Numbers must be such as can be dialled."""
    for row in rows:
        if "hotlines" in row.values:
            try:
                row.values["hotlines"] = operations.check_hotlines(row.values["hotlines"])
            except Invalid as error:
                row.refuse(INFOS.by_name["hotlines"], error.message)


INFOS = Sheet(
    ConvenienceInfo,
    key=("category_id", "title"),
    area="convenience",
    columns=[
        Lookup("category_id", "分类", ConvenienceCategory, by=("title",), example="公交出行"),
        Text("title", example="B12 路"),
        community_column(),
        Text("hotlines", example="020-66668888"),
        Text("place", example="智谷大道站"),
        Text("hours", example="6:00–22:30"),
        Words("body", example="发车间隔 10 分钟"),
        Integer("position", example="10"),
    ],
    prepare=prepare,
)
