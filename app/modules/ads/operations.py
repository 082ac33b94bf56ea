"""What can happen to an ad: made, fitted to its slot, approved, counted."""

import io
import secrets
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask_babel import gettext as _
from PIL import Image, ImageOps
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, jobs, media, publishing, settings
from app.core.db import conflict_insert, execute
from app.core.errors import Conflict, Invalid, NotFound
from app.core.media import MediaFile
from app.modules.ads import queries
from app.modules.ads.models import HOME, PENDING, PUBLISHED, Ad, AdDay, AdSlot

PURPOSE = "ad_poster"
FITTED = "ad.poster"
"""What the fitted picture belongs to, beside the one that staff gave (``ad``)."""
WIDTH = 1200
REFIT = "ads.refit"
BATCH = 50


def install(session: Session) -> None:
    """Add the slot of the home page."""
    if session.scalar(select(AdSlot.id).where(AdSlot.key == HOME)) is None:
        session.add(AdSlot(key=HOME, title="首页广告"))
        session.flush()


def save(session: Session, ad: Ad | None, values: Mapping[str, Any]) -> Ad:
    """Make or change an ad. Raises Conflict while it is shown or waits for approval: what was approved is what is seen.

    Raises Invalid for a link that leads nowhere or to a host that the setting does not allow.
    """
    publishing.check_period(values.get("starts_at"), values.get("ends_at"))
    _check_link(values)
    if ad is None:
        ad = Ad()
        session.add(ad)
    elif why := fixed(ad):
        raise Conflict(why)
    for name, value in values.items():
        setattr(ad, name, value)
    session.flush()
    return ad


def _check_link(values: Mapping[str, Any]) -> None:
    kind, text = values.get("link_kind"), (values.get("link_text") or "").strip()
    if kind == "notice" and values.get("notice_id") is None:
        raise Invalid.field("notice_id", _("请选择要打开的公告"))
    if kind == "listing" and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid.field("link_text", _("请填写招租信息的编号"))
    if kind == "url" and not allowed(text):
        raise Invalid.field("link_text", _("只能打开系统设置中允许的网站，且须以 https:// 开头"))


def allowed(address: str) -> bool:
    """Whether an address is https, and on a host of the setting or below one."""
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").lower()
    except ValueError:
        return False
    if parts.scheme != "https" or parts.username is not None or "\\" in address or not host:
        return False
    hosts = [name.strip().lower() for name in settings.get("ads.link_hosts").replace("，", ",").split(",")]
    return any(name and (host == name or host.endswith(f".{name}")) for name in hosts)


def submit(session: Session, ad: Ad) -> Ad:
    """Ask for approval. Raises Invalid without a poster."""
    if ad.poster_key is None:
        raise Invalid(_("请先上传海报，或用模板制作海报"))
    return Ad.flow.apply(session, ad, "submit")


def save_slot(session: Session, slot: AdSlot | None, values: Mapping[str, Any]) -> AdSlot:
    """Make or change a slot; when its ratio changes its posters are cut anew."""
    if slot is None:
        slot = AdSlot(key=secrets.token_hex(6), **values)
        session.add(slot)
        session.flush()
        return slot
    refit = values.get("ratio", slot.ratio) != slot.ratio
    for name, value in values.items():
        setattr(slot, name, value)
    session.flush()
    if refit:
        jobs.put(session, REFIT, {"slot_id": slot.id})
    return slot


def remove_slot(session: Session, slot: AdSlot) -> None:
    """Delete a slot that holds no ads. Raises Conflict for the one that the home page begins with, or one in use."""
    if slot.key == HOME:
        raise Conflict(_("首页广告位不能删除，可以停用"))
    if session.scalar(select(Ad.id).where(Ad.slot_id == slot.id).limit(1)) is not None:
        raise Conflict(_("广告位中还有广告，请先删除或移到其他广告位"))
    session.delete(slot)
    session.flush()


def fit_poster(session: Session, ad: Ad, slot: AdSlot) -> None:
    """Cut the ad's picture to its slot's ratio and write it anew; the picture that staff gave is kept for another."""
    given = media.of(session, ad)
    if not given:
        ad.poster_key, ad.poster_source = None, ""
        return
    size = size_of(slot)
    source = f"{given[0].key} {size[0]}x{size[1]}"
    if ad.poster_source == source:
        return
    for file in session.scalars(
        select(MediaFile).where(MediaFile.record == FITTED, MediaFile.record_id == str(ad.id))
    ).all():
        media.drop(session, file)
    with Image.open(io.BytesIO(media.storage().get(given[0].key))) as opened:
        cut = ImageOps.fit(opened.convert("RGB"), size, Image.Resampling.LANCZOS)
    _keep_fitted(session, ad, cut, given[0])
    ad.poster_source = source
    session.flush()


def _keep_fitted(session: Session, ad: Ad, picture: Image.Image, given: MediaFile) -> None:
    """Store the cut picture as the one that is shown."""
    out = io.BytesIO()
    picture.save(out, "PNG")
    out.seek(0)
    file = media.keep(session, media.receive(out, PURPOSE), given.owner_kind, given.owner_id)
    file.record, file.record_id = FITTED, str(ad.id)
    ad.poster_key = file.key


def size_of(slot: AdSlot) -> tuple[int, int]:
    """The pixels of a slot's posters."""
    width, height = (int(part) for part in slot.ratio.split(":"))
    return WIDTH, WIDTH * height // width


def fixed(ad: Ad) -> str:
    """Why an ad is not to be changed now, in words; "" when it may be."""
    return _("广告已提交审批或正在展示，请先驳回或下架再修改") if ad.state in (PUBLISHED, PENDING) else ""


def give_poster(session: Session, ad: Ad, picture: media.Picture, owner_id: str) -> None:
    """Make a picture the ad's poster in place of the one it had. Raises Conflict while the ad is shown or waits."""
    if why := fixed(ad):
        raise Conflict(why)
    for file in media.of(session, ad):
        media.drop(session, file)
    file = media.keep(session, picture, "staff", owner_id)
    file.record, file.record_id = Ad.__tablename__, str(ad.id)
    session.flush()
    fit_poster(session, ad, session.get_one(AdSlot, ad.slot_id))


def refit(session: Session, payload: Mapping[str, Any]) -> None:
    """Job: cut the posters of a slot to its present ratio, some at a time."""
    slot = session.get(AdSlot, payload["slot_id"])
    if slot is None:
        return
    after = payload.get("after", 0)
    ads = session.scalars(select(Ad).where(Ad.slot_id == slot.id, Ad.id > after).order_by(Ad.id).limit(BATCH)).all()
    for ad in ads:
        fit_poster(session, ad, slot)
    if len(ads) == BATCH:
        jobs.put(session, REFIT, {"slot_id": slot.id, "after": ads[-1].id})


def count(session: Session, ad_ids: Iterable[int], member_id: int | None, *, clicks: bool = False) -> int:
    """Count one impression, or one click, of each of these ads that is shown at this moment; how many were counted.

    One statement adds to the day's row, so that nothing is lost however many come at once.
    """
    known = sorted(session.scalars(select(Ad.id).where(Ad.id.in_(set(ad_ids)), queries.shown(member_id))))
    if not known:
        return 0
    name = "clicks" if clicks else "impressions"
    day = clock.today()
    insert = conflict_insert(session, AdDay).values(
        [{"ad_id": ad_id, "day": day, "impressions": 0, "clicks": 0, name: 1} for ad_id in known]
    )
    execute(
        session,
        insert.on_conflict_do_update(index_elements=[AdDay.ad_id, AdDay.day], set_={name: getattr(AdDay, name) + 1}),
    )
    return len(known)


def click(session: Session, ad_id: int, member_id: int | None) -> None:
    """Count a tap. Raises NotFound for an ad that is not shown."""
    if count(session, [ad_id], member_id, clicks=True) == 0:
        raise NotFound
