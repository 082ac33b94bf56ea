"""Mobile endpoints: communities, and finding a unit in one."""

from typing import Annotated

import msgspec
from sqlalchemy import or_, select

from app.core.api import Endpoints, Page, Schema, as_id
from app.core.db import db
from app.core.errors import NotFound
from app.modules.estate.models import UNIT_KINDS, Building, Community, Unit

api = Endpoints("estate", "园区与房号")

MOST = 50


class CommunityOut(Schema):
    """园区"""

    id: str
    name: str
    address: str
    service_phone: str


class UnitQuery(Schema):
    """按楼栋名或房号查找"""

    q: Annotated[str, msgspec.Meta(max_length=32)] = ""


class UnitChoiceOut(Schema):
    """可选择的房号"""

    id: str
    building: str
    number: str
    kind: str
    kind_text: str


@api.get("/communities", roles=None, returns=Page[CommunityOut])
def list_communities() -> Page[CommunityOut]:
    """启用中的园区"""
    rows = db.session.scalars(select(Community).where(Community.active.is_(True)).order_by(Community.id).limit(200))
    items = [
        CommunityOut(id=str(row.id), name=row.name, address=row.address, service_phone=row.service_phone)
        for row in rows
    ]
    return Page(items=items, next=None)


@api.get("/communities/<community_id>/units", roles=None, query=UnitQuery, returns=Page[UnitChoiceOut])
def list_units(community_id: str, query: UnitQuery) -> Page[UnitChoiceOut]:
    """查找房号：最多返回 50 个，请输入楼栋名或房号缩小范围"""
    session = db.session()
    community = session.scalar(
        select(Community.id).where(Community.id == as_id(community_id), Community.active.is_(True))
    )
    if community is None:
        raise NotFound
    found = (
        select(Unit.id, Unit.number, Unit.kind, Building.name)
        .join(Building, Building.id == Unit.building_id)
        .where(Unit.community_id == community, Unit.kind != "public")
        .order_by(Building.name, Unit.number)
        .limit(MOST)
    )
    for word in query.q.split()[:4]:
        found = found.where(
            or_(Unit.number.contains(word, autoescape=True), Building.name.contains(word, autoescape=True))
        )
    items = [
        UnitChoiceOut(id=str(unit_id), building=building, number=number, kind=kind, kind_text=UNIT_KINDS[kind])
        for unit_id, number, kind, building in session.execute(found)
    ]
    return Page(items=items, next=None)
