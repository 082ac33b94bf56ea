"""Visits: invited, applied for, registered at the desk; approved, refused, called off (V1, V3, V5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core import clock, messages, settings
from app.core.errors import Conflict, FieldError, Invalid
from app.modules.estate.models import Unit
from app.modules.members import queries as members
from app.modules.members.identity_numbers import mobile_number
from app.modules.members.models import Occupancy
from app.modules.visits import queries, token
from app.modules.visits.models import Visit
from app.modules.visits.models.visits import APPLICATION, APPROVED, DESK, INVITATION, PENDING, TECHNICIAN
from app.modules.visits.operations import passes
from app.modules.visits.operations.blocking import refuse_blocked

AHEAD = timedelta(days=90)
LATENESS = timedelta(hours=1)
"""How long ago a visit may begin: forms are filled in slowly."""
PAGE = "/pkg-visits/visit"


@dataclass(frozen=True)
class Plan:
    """Who is to come, and when."""

    starts_at: datetime
    ends_at: datetime
    visitor_name: str = ""
    visitor_phone: str | None = None
    purpose: str = ""
    plate: str = ""
    uses: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)


def invite(session: Session, member_id: int, unit_id: int, plan: Plan) -> Visit:
    """A resident expects somebody at a unit of theirs (V1); the pass is there at once. Raises Invalid, Conflict."""
    held = members.current_occupancies(member_id).where(Occupancy.unit_id == unit_id)
    if session.scalar(held.limit(1)) is None:
        raise Invalid.field("unit_id", _("请选择您名下的房号"))
    _spend_day(session, member_id)
    return _register(session, INVITATION, unit_id, plan, member_id=member_id, host_id=member_id)


def apply(session: Session, member_id: int, unit_id: int, plan: Plan) -> Visit:
    """A visitor asks the people of a unit (V3); whoever of them decides first decides. Raises Invalid, Conflict."""
    hosts = queries.hosts_of(session, unit_id)
    if not hosts:
        raise Invalid.field("unit_id", _("该房号还没有住户使用小程序，请联系被访人邀请您，或到前台登记"))
    _spend_day(session, member_id)
    visit = _register(session, APPLICATION, unit_id, plan, member_id=member_id)
    for host in hosts:
        messages.send(
            session, host, "visit", _("来访申请待您审批"),
            _("%(name)s 申请于 %(when)s 到访%(purpose)s", name=visit.visitor_name, when=queries.when(visit),
              purpose=f"({visit.purpose})" if visit.purpose else ""),
            f"{PAGE}?id={visit.id}",
        )  # fmt: skip
    return visit


def register_technician(session: Session, member_id: int, plan: Plan) -> Visit:
    """A technician registers their own entry and exit (V5): one pass, in and then out."""
    technician = queries.technician_of(session, member_id)
    community_id = technician.community_id or members.community_of(session, member_id)
    if community_id is None:
        raise Invalid(_("还没有可登记的园区"))
    _spend_day(session, member_id)
    own = Plan(plan.starts_at, plan.ends_at, technician.name, technician.phone, plan.purpose, plan.plate)
    return _register(session, TECHNICIAN, None, own, community_id=community_id, member_id=member_id)


def register_at_desk(session: Session, unit_id: int, plan: Plan, staff_id: int) -> Visit:
    """The reception registers somebody who stands there, or a regular visitor. Raises Invalid, Conflict."""
    return _register(session, DESK, unit_id, plan, staff_id=staff_id)


def _register(session: Session, kind: str, unit_id: int | None, plan: Plan, *, community_id: int | None = None,
              **who: Any) -> Visit:  # fmt: skip
    unit = None if unit_id is None else session.get(Unit, unit_id)
    if unit_id is not None and unit is None:
        raise Invalid.field("unit_id", _("请选择被访房号"))
    at = unit.community_id if unit is not None else community_id
    assert at is not None
    check_times(plan.starts_at, plan.ends_at)
    if not plan.visitor_name.strip():
        raise Invalid.field("visitor_name", _("请填写来访人姓名"))
    phone = mobile_number(plan.visitor_phone, "visitor_phone") if plan.visitor_phone else None
    refuse_blocked(session, at, phone)
    visit = Visit(
        community_id=at, kind=kind, unit_id=unit_id, visitor_name=plan.visitor_name.strip(), visitor_phone=phone,
        purpose=plan.purpose.strip(), plate=plan.plate.strip().upper(), uses=plan.uses,
        starts_at=plan.starts_at.replace(microsecond=0), ends_at=plan.ends_at.replace(microsecond=0),
        state=PENDING if kind == APPLICATION else APPROVED, **plan.extra, **who,
    )  # fmt: skip
    session.add(visit)
    session.flush()
    if visit.state == APPROVED:
        passes.issue(session, [visit])
    return visit


def check_times(starts_at: datetime, ends_at: datetime, longest: str = "visits.longest_days") -> None:
    """Raise Invalid for a time that is past, too far ahead, or longer than the setting ``longest`` allows (days)."""
    now = clock.now()
    days = settings.get(longest)
    problems = []
    if starts_at < now - LATENESS:
        problems.append(FieldError("starts_at", _("开始时间已过，请重新选择")))
    if starts_at > now + AHEAD:
        problems.append(FieldError("starts_at", _("最多提前 %(days)s 天登记", days=AHEAD.days)))
    if ends_at <= max(starts_at, now):
        problems.append(FieldError("ends_at", _("结束时间应晚于开始时间和当前时间")))
    elif ends_at - starts_at > min(timedelta(days=days), token.LONGEST):
        problems.append(FieldError("ends_at", _("有效期最长 %(days)s 天", days=days)))
    if problems:
        raise Invalid(problems[0].message, problems)


def _spend_day(session: Session, member_id: int) -> None:
    """Raise Conflict when a member has registered as many visits today as the setting allows."""
    today = clock.start_of(clock.today())
    count = select(func.count()).where(Visit.member_id == member_id, Visit.created_at >= today)
    most = settings.get("visits.most_per_day")
    if (session.scalar(count) or 0) >= most:
        raise Conflict(_("今天登记的来访已达上限（%(most)s 次），请明天再试或联系物业", most=most), code="visits_limit")


def approve(session: Session, visit: Visit, *, host_id: int | None = None, staff_id: int | None = None) -> Visit:
    """The host, or staff in their place, lets the visitor come; the visitor is told. Raises Conflict."""
    if visit.ends_at <= clock.now():
        raise Conflict(_("来访时间已过，不能再同意"), code="visit_over")
    refuse_blocked(session, visit.community_id, visit.visitor_phone)
    Visit.flow.apply(session, visit, "approve", host_id=host_id, staff_id=staff_id)
    passes.issue(session, [visit])
    _tell_visitor(session, visit, _("来访申请已通过"), _("请于 %(when)s 凭通行码到访", when=queries.when(visit)))
    return visit


def reject(session: Session, visit: Visit, reason: str, *, host_id: int | None = None,
           staff_id: int | None = None) -> Visit:  # fmt: skip
    """The host, or staff in their place, declines. Raises Conflict."""
    Visit.flow.apply(session, visit, "reject", reason=reason.strip(), host_id=host_id, staff_id=staff_id)
    _tell_visitor(session, visit, _("来访申请未通过"), reason.strip() or _("被访人未同意本次来访"))
    return visit


def cancel(session: Session, visit: Visit) -> Visit:
    """Whoever registered the visit calls it off; its pass is dead at once."""
    Visit.flow.apply(session, visit, "cancel")
    passes.end(session, [visit.id])
    return visit


def revoke(session: Session, visit: Visit, reason: str, staff_id: int | None = None) -> Visit:
    """Staff take a pass back at once, and those concerned are told."""
    Visit.flow.apply(session, visit, "revoke", reason=reason.strip(), staff_id=staff_id)
    passes.end(session, [visit.id])
    for member_id in {visit.member_id, visit.host_id} - {None}:
        assert member_id is not None
        text = _("%(name)s 的来访通行码已由物业作废：%(reason)s", name=visit.visitor_name, reason=visit.reason)
        messages.send(session, member_id, "visit", _("通行码已作废"), text, f"{PAGE}?id={visit.id}")
    return visit


def pass_by_hand(session: Session, visit: Visit, move: str, staff_id: int) -> Visit:
    """Staff let somebody in (``arrive``) or out (``leave``) where no gate does; the pass counts it as a gate would."""
    now = clock.now()
    if move == "arrive":
        Visit.flow.apply(session, visit, "arrive", arrived_at=now, left_at=None, staff_id=staff_id)
        passes.count_entry(session, visit.id, now)
    else:
        Visit.flow.apply(session, visit, "leave", left_at=now, staff_id=staff_id)
    return visit


def _tell_visitor(session: Session, visit: Visit, title: str, body: str) -> None:
    if visit.member_id is not None:
        messages.send(session, visit.member_id, "visit", title, body, f"{PAGE}?id={visit.id}")
