"""What can happen to lost and found items and to claims for them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from app.core import clock, media, messages, settings
from app.core.db import execute
from app.core.errors import Conflict, Invalid
from app.modules.estate.models import Community
from app.modules.lost_found.matching import matches
from app.modules.lost_found.models import (
    DIRECT,
    FOUND,
    LOST,
    PENDING,
    PROPERTY,
    PUBLISHED,
    LostFoundClaim,
    LostFoundItem,
)
from app.modules.members import identity_numbers, queries

ITEM_PHOTOS, PROOF_PHOTOS = "lost_found", "lost_found_proof"
PAGE = "/pkg-lost-found/item"
AT_ONCE = 500
OLDEST = timedelta(days=365)


def post(
    session: Session,
    member_id: int,
    *,
    kind: str,
    category: str,
    title: str,
    description: str,
    place: str,
    happened_on: date,
    contact_way: str,
    contact_name: str,
    contact_phone: str | None,
    community_id: int | None,
    media_keys: Sequence[str],
) -> LostFoundItem:
    """A resident's or technician's post, which waits for review (F1). Raises Invalid with the field."""
    community = community_id or queries.community_of(session, member_id)
    known = exists().where(Community.id == community, Community.active.is_(True))
    if community is None or not session.scalar(select(known)):
        raise Invalid.field("community_id", _("请选择园区"))
    if not clock.today() - OLDEST <= happened_on <= clock.today():
        raise Invalid.field("happened_on", _("日期应在最近一年内，且不晚于今天"))
    if contact_way == DIRECT and not contact_phone:
        raise Invalid.field("contact_phone", _("选择公开联系电话时，请填写电话"))
    number = identity_numbers.mobile_number(contact_phone, "contact_phone") if contact_phone else None
    item = LostFoundItem(
        community_id=community, kind=kind, category=category, title=title.strip(), description=description.strip(),
        place=place.strip(), happened_on=happened_on, contact_way=contact_way, contact_name=contact_name.strip(),
        contact_phone=number, member_id=member_id,
    )  # fmt: skip
    session.add(item)
    session.flush()
    media.attach(session, media_keys, ITEM_PHOTOS, "member", str(member_id), item)
    return item


def save_item(session: Session, item: LostFoundItem | None, values: Mapping[str, Any], staff_id: int) -> LostFoundItem:
    """Staff post an item, which is published at once (F2), or correct one. Raises Invalid."""
    wanted = dict(values)
    if wanted.get("contact_phone"):
        wanted["contact_phone"] = wanted["contact_phone"].strip()
    if wanted.get("happened_on") and wanted["happened_on"] > clock.today():
        raise Invalid.field("happened_on", _("日期不能晚于今天"))
    new = item is None
    if item is None:
        item = LostFoundItem(state=PUBLISHED, staff_id=staff_id, published_at=clock.now(), expires_on=_until())
        session.add(item)
    for name, value in wanted.items():
        setattr(item, name, value)
    if item.contact_way == DIRECT and not item.contact_phone:
        raise Invalid.field("contact_phone", _("选择公开联系电话时，请填写电话"))
    session.flush()
    if new:
        _tell_who_may_know_it(session, item)
    return item


def approve(session: Session, item: LostFoundItem) -> LostFoundItem:
    """Publish a post; its author is told, and so is who posted what may be its counterpart. Raises Conflict."""
    LostFoundItem.flow.apply(session, item, "approve", published_at=clock.now(), expires_on=_until(), reason="")
    _tell(session, item, _("失物招领已发布"), _("您发布的“%(title)s”已通过审核。", title=item.title))
    _tell_who_may_know_it(session, item)
    return item


def reject(session: Session, item: LostFoundItem, reason: str) -> LostFoundItem:
    """Turn a post down with a reason that its author reads. Raises Invalid, Conflict."""
    if not reason.strip():
        raise Invalid.field("reason", _("请填写未通过的原因"))
    LostFoundItem.flow.apply(session, item, "reject", reason=reason.strip())
    _tell(
        session,
        item,
        _("失物招领未通过审核"),
        _("“%(title)s”未通过，原因：%(reason)s", title=item.title, reason=item.reason),
    )
    return item


def close(session: Session, item: LostFoundItem) -> LostFoundItem:
    """It is over: found, handed over, or a mistake. Claims that wait are turned down. Raises Conflict."""
    LostFoundItem.flow.apply(session, item, "close")
    _turn_others_down(session, item, None, _("该信息已关闭"))
    return item


def claim(
    session: Session,
    member_id: int,
    item: LostFoundItem,
    *,
    name: str,
    phone: str,
    proof: str,
    media_keys: Sequence[str],
) -> LostFoundClaim:
    """Say that a thing is one's own (or, of a lost one, that one has it), with proof that staff check.

    Raises Conflict for what is not published, one's own, or claimed already; Invalid.
    """
    if item.state != PUBLISHED:
        raise Conflict(_("该物品当前不能认领"), code="wrong_state")
    if item.member_id == member_id:
        raise Conflict(_("不能认领自己发布的物品；已找回的请直接关闭"), code="own_item")
    waiting = exists().where(
        LostFoundClaim.item_id == item.id, LostFoundClaim.member_id == member_id, LostFoundClaim.state == PENDING
    )
    if session.scalar(select(waiting)):
        raise Conflict(_("您已提交过认领，请等待物业核实"), code="already_pending")
    made = LostFoundClaim(
        community_id=item.community_id, item_id=item.id, member_id=member_id, name=name.strip(),
        phone=identity_numbers.mobile_number(phone), proof=proof.strip(),
    )  # fmt: skip
    session.add(made)
    session.flush()
    media.attach(session, media_keys, PROOF_PHOTOS, "member", str(member_id), made)
    return made


def confirm_claim(session: Session, made: LostFoundClaim, staff_id: int) -> LostFoundClaim:
    """The proof holds: the item is claimed, other claims are turned down, all are told.

    Of two claims confirmed at once one wins: the item's move is guarded. Raises Conflict.
    """
    item = session.get_one(LostFoundItem, made.item_id)
    LostFoundItem.flow.apply(session, item, "claim")  # first: whoever holds the item may touch its claims
    LostFoundClaim.flow.apply(session, made, "approve", decided_by=staff_id, decided_at=clock.now())
    _turn_others_down(session, item, staff_id, _("该物品已由他人认领"))
    _tell_claimant(session, made, _("认领已确认"), _("“%(title)s”的认领已确认，请按约定交接。", title=item.title))
    _tell(session, item, _("物品已认领"), _("您发布的“%(title)s”已确认认领。", title=item.title))
    return made


def reject_claim(session: Session, made: LostFoundClaim, staff_id: int, reason: str) -> LostFoundClaim:
    """The proof does not hold. Raises Invalid, Conflict."""
    if not reason.strip():
        raise Invalid.field("reason", _("请填写未通过的原因"))
    LostFoundClaim.flow.apply(
        session, made, "reject", decided_by=staff_id, decided_at=clock.now(), reason=reason.strip()
    )
    _tell_claimant(session, made, _("认领未通过"), _("原因：%(reason)s", reason=made.reason))
    return made


def expire(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: close what has been published for as long as the settings say, and tell the authors."""
    over = select(LostFoundItem).where(
        LostFoundItem.state == PUBLISHED, LostFoundItem.expires_on < clock.today()
    )  # fmt: skip
    for item in session.scalars(over.order_by(LostFoundItem.id).limit(AT_ONCE).with_for_update()).all():
        LostFoundItem.flow.apply(session, item, "expire")
        _turn_others_down(session, item, None, _("该信息已到期关闭"))
        _tell(session, item, _("失物招领已到期"), _("“%(title)s”已到期关闭，如仍需要请重新发布。", title=item.title))


def _until() -> date:
    return clock.today() + timedelta(days=settings.get("lost_found.days"))


def _turn_others_down(session: Session, item: LostFoundItem, staff_id: int | None, reason: str) -> None:
    waiting = select(LostFoundClaim).where(LostFoundClaim.item_id == item.id, LostFoundClaim.state == PENDING)
    for other in session.scalars(waiting.limit(AT_ONCE)).all():
        LostFoundClaim.flow.apply(session, other, "reject", decided_by=staff_id, decided_at=clock.now(), reason=reason)
        _tell_claimant(session, other, _("认领未通过"), _("原因：%(reason)s", reason=reason))


def _tell_who_may_know_it(session: Session, item: LostFoundItem) -> None:
    """Who misses a thing hears of one that may be it; who found one hears of who may miss it."""
    for match in matches(session, item):
        lost = match.item if match.item.kind == LOST else item
        found = match.item if match.item.kind == FOUND else item
        title = _("可能与您的物品有关")
        _tell(session, lost, title, _("有人拾到“%(title)s”，请查看是否是您的物品。", title=found.title), found.id)
        _tell(session, found, title, _("有人在寻找“%(title)s”，请查看是否是您拾到的。", title=lost.title), lost.id)


def _tell(session: Session, item: LostFoundItem, title: str, body: str, about: int | None = None) -> None:
    if item.member_id is not None:
        messages.send(session, item.member_id, "lost_found", title, body, f"{PAGE}?id={about or item.id}")


def _tell_claimant(session: Session, made: LostFoundClaim, title: str, body: str) -> None:
    messages.send(session, made.member_id, "lost_found", title, body, f"{PAGE}?id={made.item_id}")


def forget(session: Session, *, member_id: int) -> None:
    """An erased member's posts are closed, and hold nothing of theirs; nor do their claims."""
    posted, claimed = LostFoundItem.member_id == member_id, LostFoundClaim.member_id == member_id
    shown = select(LostFoundItem).where(posted, LostFoundItem.state.in_(LostFoundItem.flow.moves["close"].source))
    for item in session.scalars(shown).all():
        LostFoundItem.flow.apply(session, item, "close")
    for claim in session.scalars(select(LostFoundClaim).where(claimed, LostFoundClaim.state == PENDING)).all():
        LostFoundClaim.flow.apply(session, claim, "reject")
    execute(
        session,
        update(LostFoundItem)
        .where(posted)
        .values(
            contact_name="",
            contact_phone=None,
            contact_way=PROPERTY,
            member_id=None,
        ),
    )
    execute(session, update(LostFoundClaim).where(claimed).values(name="已注销", phone="", proof=""))
