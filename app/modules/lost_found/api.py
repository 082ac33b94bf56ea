"""Mobile endpoints: lost and found (F1, F3)."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.api import (
    ANY,
    Caller,
    Endpoints,
    Id,
    MediaKeys,
    Page,
    PageQuery,
    PhoneText,
    Schema,
    ShortText,
    as_id,
    paginate,
)
from app.core.api.photos import PhotoOut, photos_of
from app.core.db import db
from app.core.errors import NotFound
from app.modules.estate.models import Community
from app.modules.lost_found import operations
from app.modules.lost_found.matching import matches
from app.modules.lost_found.models import (
    CATEGORIES,
    CLAIMED,
    DIRECT,
    KINDS,
    PUBLISHED,
    LostFoundClaim,
    LostFoundItem,
)

api = Endpoints("lost_found", "失物招领")

MENU = "lost_found"
POSTERS = ("merchant", "tenant", "technician")
Kind = Literal["lost", "found"]
Category = Literal["card", "key", "phone", "bag", "clothes", "jewellery", "pet", "parcel", "other"]


class ItemQuery(PageQuery):
    """寻物还是招领；box=mine 为我发布的（含未公开的）"""

    kind: Literal["", "lost", "found"] = ""
    category: Literal["", "card", "key", "phone", "bag", "clothes", "jewellery", "pet", "parcel", "other"] = ""
    box: Literal["all", "mine"] = "all"


class ItemIn(Schema):
    """发布寻物或招领"""

    kind: Kind
    title: Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"\S")]
    happened_on: date
    category: Category = "other"
    description: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    place: Annotated[str, msgspec.Meta(max_length=100)] = ""
    contact_way: Literal["property", "direct"] = "property"
    contact_name: Annotated[str, msgspec.Meta(max_length=32)] = ""
    contact_phone: PhoneText | None = None
    community_id: Id | None = None
    media_ids: MediaKeys = []


class ItemOut(Schema):
    """一条失物招领"""

    id: str
    kind: Kind
    kind_text: str
    category: Category
    category_text: str
    title: str
    place: str
    happened_on: date
    state: str
    state_text: str
    mine: bool
    photos: list[PhotoOut]
    created_at: datetime


class ClaimOut(Schema):
    """我的认领申请"""

    id: str
    state: str
    state_text: str
    reason: str
    created_at: datetime


class MatchOut(Schema):
    """可能对应的另一条信息"""

    id: str
    title: str
    place: str
    happened_on: date
    score: float


class ItemDetailOut(ItemOut):
    """一条失物招领的全部内容。联系方式：发布人选择公开的为其电话（登录后可见），否则为物业服务电话"""

    description: str
    contact_name: str
    contact_phone: str | None
    reason: str
    my_claim: ClaimOut | None
    matches: list[MatchOut]


class ClaimIn(Schema):
    """认领申请"""

    name: ShortText
    phone: PhoneText
    proof: Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"\S")]
    media_ids: MediaKeys = []


def _values(item: LostFoundItem, caller: Caller | None, photos: list[PhotoOut]) -> dict[str, Any]:
    return {
        "id": str(item.id),
        "kind": item.kind,
        "kind_text": KINDS[item.kind],
        "category": item.category,
        "category_text": CATEGORIES[item.category],
        "title": item.title,
        "place": item.place,
        "happened_on": item.happened_on,
        "state": item.state,
        "state_text": LostFoundItem.flow.title(item.state),
        "mine": caller is not None and item.member_id == caller.member_id,
        "photos": photos,
        "created_at": clock.local(item.created_at),
    }


def visible(session: Session, caller: Caller | None, item_id: str) -> LostFoundItem:
    """An item that the caller may see: what is published or claimed, and their own. Raises NotFound."""
    item = session.get(LostFoundItem, as_id(item_id))
    mine = item is not None and caller is not None and item.member_id == caller.member_id
    if item is None or not (mine or item.state in (PUBLISHED, CLAIMED)):
        raise NotFound
    return item


def own(session: Session, caller: Caller, item_id: str) -> LostFoundItem:
    """The caller's own post. Raises NotFound for anybody else's."""
    mine = select(LostFoundItem).where(
        LostFoundItem.id == as_id(item_id), LostFoundItem.member_id == caller.member_id
    )  # fmt: skip
    item = session.scalar(mine)
    if item is None:
        raise NotFound
    return item


def claim_out(claim: LostFoundClaim) -> ClaimOut:
    """A claim as the one who made it sees it."""
    return ClaimOut(
        id=str(claim.id),
        state=claim.state,
        state_text=LostFoundClaim.flow.title(claim.state),
        reason=claim.reason,
        created_at=clock.local(claim.created_at),
    )


def detail(session: Session, item: LostFoundItem, caller: Caller | None) -> ItemDetailOut:
    """All of an item that the caller may see."""
    mine = caller is not None and item.member_id == caller.member_id
    name, phone = item.contact_name, item.contact_phone
    if not mine and (item.contact_way != DIRECT or caller is None):
        community = session.get_one(Community, item.community_id)
        name, phone = "物业服务中心", community.service_phone or None
    claim = None
    if caller is not None:
        newest = select(LostFoundClaim).where(
            LostFoundClaim.item_id == item.id, LostFoundClaim.member_id == caller.member_id
        )
        claim = session.scalar(newest.order_by(LostFoundClaim.id.desc()).limit(1))
    alike = matches(session, item) if mine else []
    return ItemDetailOut(
        **_values(item, caller, photos_of(session, LostFoundItem, [item.id]).get(item.id, [])),
        description=item.description,
        contact_name=name,
        contact_phone=phone,
        reason=item.reason if mine else "",
        my_claim=None if claim is None else claim_out(claim),
        matches=[
            MatchOut(id=str(one.item.id), title=one.item.title, place=one.item.place,
                     happened_on=one.item.happened_on, score=round(one.score, 2))
            for one in alike
        ],
    )  # fmt: skip


@api.get("/lost-found", roles=None, query=ItemQuery, returns=Page[ItemOut], menu=MENU)
def list_items(caller: Caller | None, query: ItemQuery) -> Page[ItemOut]:
    """已发布的失物招领，新的在前"""
    session = db.session()
    wanted = select(LostFoundItem)
    if query.box == "mine":
        wanted = wanted.where(LostFoundItem.member_id == (caller.member_id if caller else None))
    else:
        wanted = wanted.where(LostFoundItem.state == PUBLISHED)
    if query.kind:
        wanted = wanted.where(LostFoundItem.kind == query.kind)
    if query.category:
        wanted = wanted.where(LostFoundItem.category == query.category)
    rows, following = paginate(session, wanted, query, [LostFoundItem.id])
    photos = photos_of(session, LostFoundItem, [row.id for row in rows])
    return Page(items=[ItemOut(**_values(row, caller, photos.get(row.id, [])[:1])) for row in rows], next=following)


@api.get("/lost-found/<item_id>", roles=None, returns=ItemDetailOut, menu=MENU)
def show_item(item_id: str, caller: Caller | None) -> ItemDetailOut:
    """一条失物招领"""
    session = db.session()
    return detail(session, visible(session, caller, item_id), caller)


@api.post("/lost-found", roles=POSTERS, body=ItemIn, returns=ItemDetailOut, status=201, limit="20/day", menu=MENU)
def post(caller: Caller, body: ItemIn) -> ItemDetailOut:
    """发布寻物或招领，审核通过后公开"""
    session = db.session()
    values = msgspec.structs.asdict(body)
    community, keys = values.pop("community_id"), values.pop("media_ids")
    item = operations.post(
        session, caller.member_id, **values, media_keys=keys,
        community_id=None if community is None else as_id(community),
    )  # fmt: skip
    return detail(session, item, caller)


@api.post("/lost-found/<lost_found_id>/close", roles=ANY, returns=ItemDetailOut)
def close(caller: Caller, lost_found_id: str) -> ItemDetailOut:
    """关闭自己发布的信息（已找回、已归还或不再需要）"""
    session = db.session()
    return detail(session, operations.close(session, own(session, caller, lost_found_id)), caller)


@api.post("/lost-found/<item_id>/claims", roles=ANY, body=ClaimIn, returns=ClaimOut, status=201, limit="10/day",
          menu=MENU)  # fmt: skip
def claim(item_id: str, caller: Caller, body: ClaimIn) -> ClaimOut:
    """申请认领（或提供寻物线索），由物业核实"""
    session = db.session()
    made = operations.claim(
        session, caller.member_id, visible(session, caller, item_id),
        name=body.name, phone=body.phone, proof=body.proof, media_keys=body.media_ids,
    )  # fmt: skip
    return claim_out(made)
