"""Dunning (B4): the ladder of reminders, by the clock and by hand; never for what is paid, void, or held back.

The row that says "this stage of this bill was sent" is inserted first, under a unique key and with the bill locked:
a second job, or a payment that comes in between, finds it there or finds nothing to send.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.core import clock, jobs, messages, settings
from app.core.db import conflict_insert, execute, yuan
from app.core.errors import Invalid
from app.modules.billing.models import Bill, DunningHold, DunningNotice, DunningStage
from app.modules.billing.models.bills import OPEN
from app.modules.billing.models.collection import SENT, UNREACHED
from app.modules.estate.models import Community
from app.modules.members.models import Customer, CustomerMember

PLACEHOLDERS = ("客户", "园区", "账单数", "金额", "截止日期", "服务电话")
OLDEST = timedelta(days=365)
"""Arrears older than this are a matter for people, not for a job."""
AT_ONCE = 500
LADDER = (
    ("到期提醒", -3, "message", "物业费用即将到期",
     "尊敬的{客户}：您有 {账单数} 张账单共 {金额} 将于 {截止日期} 到期，可在小程序“在线缴费”中查看明细并缴纳。"
     "如已缴纳请忽略。"),
    ("逾期提醒", 1, "message", "物业费用已到期",
     "尊敬的{客户}：您有 {账单数} 张账单共 {金额} 已过截止日期（{截止日期}），请您方便时尽快缴纳。"
     "如对账单有疑问，请联系物业服务中心 {服务电话}。"),
    ("再次提醒", 15, "message", "物业费用逾期提醒",
     "尊敬的{客户}：您有 {账单数} 张账单共 {金额} 已逾期 15 天以上。为免产生更多滞纳金，请尽快缴纳；"
     "确有困难的，可联系物业服务中心 {服务电话} 协商分期。"),
    ("催告函", 30, "letter", "物业费用催告函",
     "尊敬的{客户}：截至今日您尚欠 {账单数} 张账单共 {金额}，请在收到本函后 15 日内缴清或与我们联系（{服务电话}）。"),
)  # fmt: skip

BY_HAND = (
    "尊敬的{客户}：您有 {账单数} 张账单共 {金额} 待缴，请在小程序“在线缴费”中查看并缴纳。"
    "如有疑问请联系物业服务中心 {服务电话}。"
)


def install(session: Session) -> None:
    """Add the ladder that ships, where there is none yet."""
    if session.scalar(select(DunningStage.id).limit(1)) is None:
        session.add_all(
            DunningStage(name=name, days=days, channel=channel, title=title, body=body)
            for name, days, channel, title, body in LADDER
        )


def check_text(text: str) -> None:
    """Raise Invalid for a placeholder that nobody fills."""
    unknown = [name for name in re.findall(r"\{([^{}]*)\}", text) if name not in PLACEHOLDERS]
    if unknown:
        known = "、".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise Invalid.field("body", _("“{%(name)s}”不是可用的内容，可用：%(known)s", name=unknown[0], known=known))


def run_daily(session: Session, _payload: Mapping[str, Any]) -> None:
    """Job: have each community's due reminders sent, within the hours in which one may disturb people."""
    if not settings.get("billing.dunning"):
        return
    start = _next_allowed(clock.now())
    for community_id in session.scalars(select(Community.id).where(Community.active.is_(True)).order_by(Community.id)):
        jobs.put(session, "billing.dun", {"community_id": community_id}, run_at=start)


def _next_allowed(now: datetime) -> datetime:
    local = clock.local(now)
    first, last = settings.get("billing.dunning_from"), settings.get("billing.dunning_until")
    if first <= local.hour < last:
        return now
    day = local.date() if local.hour < first else local.date() + timedelta(days=1)
    return datetime.combine(day, time(first), clock.SHANGHAI)


def dun(session: Session, payload: Mapping[str, Any]) -> None:
    """Job: send what is due in a community; where quiet hours have begun meanwhile it waits for the morning."""
    community_id, start = payload["community_id"], _next_allowed(clock.now())
    if start > clock.now():
        jobs.put(session, "billing.dun", payload, run_at=start)
        return
    more = False
    for stage, oldest, newest in _ladder(session, community_id):
        bills = session.scalars(
            _reminded(community_id)
            .where(
                Bill.due_on.between(oldest, newest),
                ~exists().where(DunningNotice.bill_id == Bill.id, DunningNotice.stage_id == stage.id),
            )
            .order_by(Bill.customer_id, Bill.id)
            .limit(AT_ONCE)
        ).all()
        more = more or len(bills) == AT_ONCE
        _send(session, bills, stage, None)
    if more:
        jobs.put(session, "billing.dun", payload)


def _ladder(session: Session, community_id: int) -> list[tuple[DunningStage, Any, Any]]:
    """Each stage with the due dates that stand on it today: a bill gets the step that it has reached, not all below."""
    stages = session.scalars(
        select(DunningStage)
        .where(
            DunningStage.active.is_(True),
            or_(DunningStage.community_id.is_(None), DunningStage.community_id == community_id),
        )
        .order_by(DunningStage.days)
    ).all()
    own = [stage for stage in stages if stage.community_id is not None]
    stages = own or stages
    today = clock.today()
    steps = []
    for stage, following in zip(stages, [*stages[1:], None], strict=True):
        newest = today - timedelta(days=stage.days)
        oldest = today - OLDEST if following is None else today - timedelta(days=following.days - 1)
        steps.append((stage, oldest, newest))
    return steps


def _reminded(community_id: int | None = None) -> Any:
    """Open bills that nothing holds back."""
    today = clock.today()
    held = exists().where(
        DunningHold.active.is_(True),
        or_(DunningHold.until.is_(None), DunningHold.until >= today),
        DunningHold.customer_id == Bill.customer_id,
        or_(DunningHold.bill_id.is_(None), DunningHold.bill_id == Bill.id),
    )
    query = select(Bill).where(Bill.state.in_(OPEN), ~held)
    return query if community_id is None else query.where(Bill.community_id == community_id)


def remind(session: Session, bill_ids: Iterable[int], staff_id: int | None) -> int:
    """Remind of these bills now, by hand; of paid, void and held ones not. Returns how many bills that were."""
    bills = session.scalars(_reminded().where(Bill.id.in_(list(bill_ids))).order_by(Bill.customer_id, Bill.id)).all()
    stage = DunningStage(name=_("人工催缴"), days=0, channel="message", title=_("物业费用缴纳提醒"), body=BY_HAND)
    return _send(session, bills, stage, staff_id)


def _send(session: Session, bills: Sequence[Bill], stage: DunningStage, staff_id: int | None) -> int:
    by_payer: dict[tuple[int, int], list[Bill]] = {}
    for bill in bills:
        by_payer.setdefault((bill.community_id, bill.customer_id), []).append(bill)
    count = 0
    for (community_id, customer_id), theirs in by_payer.items():
        count += _send_to(session, session.get_one(Community, community_id), customer_id, theirs, stage, staff_id)
    return count


def _send_to(
    session: Session, community: Community, customer_id: int, bills: list[Bill], stage: DunningStage,
    staff_id: int | None,
) -> int:  # fmt: skip
    customer = session.get_one(Customer, customer_id)
    members = session.scalars(
        select(CustomerMember.member_id).where(CustomerMember.customer_id == customer_id).limit(50)
    ).all()
    outcome = SENT if members or stage.channel != "message" else UNREACHED
    locked = session.scalars(
        select(Bill)
        .where(Bill.id.in_([bill.id for bill in bills]), Bill.state.in_(OPEN))
        .order_by(Bill.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    owed = [bill for bill in locked if bill.outstanding_fen > 0]
    if not owed:
        return 0
    title, body = stage.title, filled(stage.body, customer, community, owed)
    insert = conflict_insert(session, DunningNotice)
    sent = [
        bill
        for bill in owed
        if execute(
            session,
            insert.values(
                community_id=community.id, bill_id=bill.id, customer_id=customer_id, stage_id=stage.id,
                channel=stage.channel, outcome=outcome, amount_fen=bill.outstanding_fen, title=title, body=body,
                sent_at=clock.now(), staff_id=staff_id,
            ).on_conflict_do_nothing(),
        )
    ]  # fmt: skip
    if sent and stage.channel == "message":
        text = filled(stage.body, customer, community, sent)
        for member_id in members:
            messages.send(session, member_id, "dunning", title, text, "/pkg-billing/bills")
    return len(sent)


def filled(text: str, customer: Customer, community: Community, bills: Sequence[Bill]) -> str:
    """A stage's text for these bills."""
    values = {
        "客户": customer.name,
        "园区": community.name,
        "账单数": str(len(bills)),
        "金额": yuan(sum(bill.outstanding_fen for bill in bills)),
        "截止日期": f"{min(bill.due_on for bill in bills)}",
        "服务电话": community.service_phone,
    }
    return re.sub(r"\{([^{}]*)\}", lambda found: values.get(found[1], found[0]), text)
