"""Mobile endpoints: offers and applications for them (L2, L3)."""

import hashlib
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from flask import Response, request
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, media
from app.core.api import (
    ANY,
    Caller,
    Endpoints,
    Page,
    PageQuery,
    PhoneText,
    Schema,
    ShortText,
    answers_file,
    as_id,
    paginate,
)
from app.core.api.photos import PhotoOut, photos_of
from app.core.db import db, transaction
from app.core.errors import NotFound
from app.core.privacy import mask_phone
from app.modules.estate.models import Community
from app.modules.leasing import operations, queries
from app.modules.leasing.models import LISTING_KINDS, PUBLISHED, LeaseApplication, Listing
from app.modules.leasing.poster import draw
from app.modules.leasing.share import phone, poster_of, share_url

api = Endpoints("leasing", "场地租赁")

MENU = "leasing"
POSTER_AGE = 300
PNG = answers_file(media.PNG)


class ListingQuery(PageQuery):
    """按类型筛选"""

    kind: Literal["", "shop", "office", "room", "parking", "ad_space"] = ""
    community_id: Annotated[str, msgspec.Meta(max_length=18)] = ""


class ListingOut(Schema):
    """一条场地信息"""

    id: str
    kind: str
    kind_text: str
    title: str
    price_fen: int
    price_unit: str
    price_text: str
    area_m2: str | None
    location: str
    community: str
    state: str
    photos: list[PhotoOut]
    published_at: datetime | None


class ListingDetailOut(ListingOut):
    """一条场地信息的全部内容"""

    content: str
    period: str
    available_on: str | None
    contact_name: str
    contact_phone: str
    share_url: str
    poster_url: str


class ContactOut(Schema):
    """招商联系方式"""

    contact_name: str
    contact_phone: str


class ApplicationIn(Schema):
    """租赁申请"""

    name: ShortText
    phone: PhoneText
    message: Annotated[str, msgspec.Meta(max_length=500)] = ""


class ApplicationOut(Schema):
    """租赁申请及其结果"""

    id: str
    listing_id: str
    listing_title: str
    name: str
    phone: str
    message: str
    state: str
    state_text: str
    reason: str
    created_at: datetime
    decided_at: datetime | None


def _values(listing: Listing, community: str, photos: list[PhotoOut]) -> dict[str, Any]:
    return {
        "id": str(listing.id),
        "kind": listing.kind,
        "kind_text": LISTING_KINDS[listing.kind],
        "title": listing.title,
        "price_fen": listing.price_fen,
        "price_unit": listing.price_unit,
        "price_text": queries.price_text(listing.price_fen, listing.price_unit),
        "area_m2": None if listing.area_m2 is None else str(listing.area_m2),
        "location": listing.location,
        "community": community,
        "state": listing.state,
        "photos": photos,
        "published_at": clock.local(listing.published_at) if listing.published_at else None,
    }


@api.get("/listings", roles=None, query=ListingQuery, returns=Page[ListingOut], menu=MENU)
def list_listings(query: ListingQuery) -> Page[ListingOut]:
    """招租中的场地，新的在前"""
    session = db.session()
    wanted = (
        select(Listing)
        .join(Community, Community.id == Listing.community_id)
        .where(Listing.state == PUBLISHED, Community.active.is_(True))
    )
    if query.kind:
        wanted = wanted.where(Listing.kind == query.kind)
    if query.community_id:
        wanted = wanted.where(Listing.community_id == as_id(query.community_id))
    rows, following = paginate(session, wanted, query, [Listing.id])
    photos = photos_of(session, Listing, [row.id for row in rows])
    named = select(Community.id, Community.name).where(Community.id.in_({row.community_id for row in rows}))
    names: dict[int, str] = dict(session.execute(named).tuples().all())
    items = [ListingOut(**_values(row, names[row.community_id], photos.get(row.id, [])[:1])) for row in rows]
    return Page(items=items, next=following)


def count_view(listing_id: str) -> None:
    """Count before the reading begins, in a short transaction of its own."""
    db.session.rollback()
    with transaction():
        operations.count_view(db.session(), as_id(listing_id))


@api.get("/listings/<listing_id>", roles=None, returns=ListingDetailOut, menu=MENU, prepare=count_view)
def show_listing(listing_id: str) -> ListingDetailOut:
    """一条场地信息（每打开一次计一次浏览）"""
    session = db.session()
    listing, community = queries.published(session, as_id(listing_id))
    photos = photos_of(session, Listing, [listing.id]).get(listing.id, [])
    return ListingDetailOut(
        **_values(listing, community.name, photos),
        content=listing.content,
        period=listing.period,
        available_on=listing.available_on.isoformat() if listing.available_on else None,
        contact_name=listing.contact_name,
        contact_phone=phone(listing, community),
        share_url=share_url(listing.id),
        poster_url=f"/api/v1/listings/{listing.id}/poster.png",
    )


@api.post("/listings/<listing_id>/inquiries", roles=None, returns=ContactOut, limit="60/hour", menu=MENU)
def inquire(listing_id: str) -> ContactOut:
    """点击“联系物业”：返回联系方式，并计一次咨询"""
    session = db.session()
    listing, community = queries.published(session, as_id(listing_id))
    operations.count_inquiry(session, listing.id)
    return ContactOut(contact_name=listing.contact_name, contact_phone=phone(listing, community))


@api.get("/listings/<listing_id>/poster.png", roles=None, returns=Response, limit="60/minute", openapi=PNG)
def poster(listing_id: str) -> Response:
    """分享海报（带二维码）"""
    session = db.session()
    listing, community = queries.published(session, as_id(listing_id))
    content = draw(poster_of(session, listing, community))
    response = Response(content, content_type=media.PNG)
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    response.headers["Cache-Control"] = f"public, max-age={POSTER_AGE}"
    response.make_conditional(request)
    return response


@api.post("/listings/<listing_id>/applications", roles=ANY, body=ApplicationIn, returns=ApplicationOut, status=201,
          limit="20/day", menu=MENU)  # fmt: skip
def apply(listing_id: str, caller: Caller, body: ApplicationIn) -> ApplicationOut:
    """提交租赁申请"""
    session = db.session()
    application = operations.apply(
        session, caller.member_id, as_id(listing_id), name=body.name, phone=body.phone, message=body.message
    )
    return application_out(session, application)


def my_application(session: Session, caller: Caller, application_id: str) -> LeaseApplication:
    """The caller's own application. Raises NotFound for anybody else's."""
    mine = select(LeaseApplication).where(
        LeaseApplication.id == as_id(application_id), LeaseApplication.member_id == caller.member_id
    )
    found = session.scalar(mine)
    if found is None:
        raise NotFound
    return found


def application_out(session: Session, application: LeaseApplication, title: str | None = None) -> ApplicationOut:
    """An application as the one who filed it sees it."""
    if title is None:
        title = session.get_one(Listing, application.listing_id).title
    return ApplicationOut(
        id=str(application.id),
        listing_id=str(application.listing_id),
        listing_title=title,
        name=application.name,
        phone=mask_phone(application.phone),
        message=application.message,
        state=application.state,
        state_text=LeaseApplication.flow.title(application.state),
        reason=application.reason,
        created_at=clock.local(application.created_at),
        decided_at=clock.local(application.decided_at) if application.decided_at else None,
    )


@api.get("/lease-applications", roles=ANY, query=PageQuery, returns=Page[ApplicationOut])
def list_applications(caller: Caller, query: PageQuery) -> Page[ApplicationOut]:
    """我的租赁申请"""
    session = db.session()
    mine = select(LeaseApplication).where(LeaseApplication.member_id == caller.member_id)
    rows, following = paginate(session, mine, query, [LeaseApplication.id])
    listings = {row.listing_id for row in rows}
    named = select(Listing.id, Listing.title).where(Listing.id.in_(listings))
    titles: dict[int, str] = dict(session.execute(named).tuples().all())
    return Page(items=[application_out(session, row, titles[row.listing_id]) for row in rows], next=following)


@api.get("/lease-applications/<lease_application_id>", roles=ANY, returns=ApplicationOut)
def show_application(caller: Caller, lease_application_id: str) -> ApplicationOut:
    """一份租赁申请"""
    session = db.session()
    return application_out(session, my_application(session, caller, lease_application_id))


@api.post("/lease-applications/<lease_application_id>/withdraw", roles=ANY, returns=ApplicationOut)
def withdraw(caller: Caller, lease_application_id: str) -> ApplicationOut:
    """撤回待审批的租赁申请"""
    session = db.session()
    application = my_application(session, caller, lease_application_id)
    return application_out(session, operations.withdraw(session, application))
