"""Ads for tests."""

import io
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import media, publishing
from app.modules.ads import operations
from app.modules.ads.models import HOME, Ad, AdSlot
from tests.phones import picture


def home_slot(session: Session) -> AdSlot:
    """The slot of the home page."""
    operations.install(session)
    return session.scalars(select(AdSlot).where(AdSlot.key == HOME)).one()


def make_ad(session: Session, *, published: bool = True, **values: Any) -> Ad:
    """An ad with a poster on the home page, approved unless ``published`` is False."""
    values = {"slot_id": home_slot(session).id, "title": "新春市集", "link_kind": "none", **values}
    ad = operations.save(session, None, values)
    operations.give_poster(session, ad, media.receive(io.BytesIO(picture((900, 900))), operations.PURPOSE), "1")
    if published:
        operations.submit(session, ad)
        publishing.publish(session, ad, "approve")
    return ad
