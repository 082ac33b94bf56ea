"""The page of an offer that opens from a shared link or a poster, without signing in (L2)."""

from flask import Blueprint, make_response, render_template, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.core import addresses, limits, media
from app.core.db import db, reading, transaction
from app.core.errors import NotFound
from app.core.media import MediaFile
from app.modules.estate.models import Community
from app.modules.leasing import operations, queries
from app.modules.leasing.models import LISTING_KINDS, Listing
from app.modules.leasing.poster import Poster

LIMIT = "60/minute"

pages = Blueprint("share", __name__, url_prefix="/share")


@pages.get("/listings/<int:listing_id>")
def listing(listing_id: int) -> Response:
    """One offer as anybody may see it; taken down: a page that says so."""
    limits.spend(LIMIT, "share", limits.address())
    if listing_id >= 2**63:
        return _gone()
    if request.method == "GET":
        with transaction():
            operations.count_view(db.session(), listing_id)
    with reading():
        try:
            found, community = queries.published(db.session(), listing_id)
        except NotFound:
            return _gone()
        return make_response(
            render_template(
                "leasing/share.html",
                listing=found,
                community=community,
                kind=LISTING_KINDS[found.kind],
                price=queries.price_text(found.price_fen, found.price_unit),
                facts=facts(found),
                photos=[file.key for file in media.of(db.session(), found)],
                address=share_url(listing_id),
            )
        )


def _gone() -> Response:
    return make_response(render_template("leasing/share.html", listing=None), 404)


def share_url(listing_id: int) -> str:
    """Where the page of an offer is for people outside: by ``PUBLIC_URL``, or as this request came."""
    return addresses.public(url_for("share.listing", listing_id=listing_id))


def facts(listing: Listing) -> tuple[str, ...]:
    """What is known of an offer, in short lines."""
    area = f"{listing.area_m2:f}".rstrip("0").rstrip(".") if listing.area_m2 else ""
    known = (
        ("类型：", LISTING_KINDS[listing.kind]),
        ("面积：", area and f"{area} m²"),
        ("位置：", listing.location),
        ("租期：", listing.period),
        ("可入场：", listing.available_on and f"{listing.available_on:%Y-%m-%d}"),
    )
    return tuple(f"{name}{value}" for name, value in known if value)


def poster_of(session: Session, listing: Listing, community: Community) -> Poster:
    """What stands on the poster of an offer."""
    file = session.scalar(
        select(MediaFile)
        .where(MediaFile.record == Listing.__tablename__, MediaFile.record_id == str(listing.id))
        .order_by(MediaFile.position, MediaFile.id)
        .limit(1)
    )
    contact = " ".join(part for part in (listing.contact_name, phone(listing, community)) if part)
    return Poster(
        title=listing.title, price=queries.price_text(listing.price_fen, listing.price_unit), facts=facts(listing),
        community=community.name, contact=contact, address=share_url(listing.id),
        photo=None if file is None else media.content(file),
    )  # fmt: skip


def phone(listing: Listing, community: Community) -> str:
    """Whom to call about an offer: its own number, or the park's."""
    return listing.contact_phone or community.service_phone
