"""Dunning (B4): the ladder of reminders, by the clock and by hand; never for what is paid, void, or held back.

The program sends the messages; letters and telephone calls are made by people, and noted here when they are. Either way
the bills are locked, looked at again, and the row that says "this stage of this bill" is inserted under a unique key
before anything goes out: a second job, a payment or a hold that comes in between is seen.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, exists, false, or_, select, tuple_
from sqlalchemy.orm import Session, selectinload

from app.core import clock, jobs, messages, settings
from app.core.db import conflict_insert, yuan
from app.core.errors import Invalid
from app.modules.billing.models import Bill, DunningHold, DunningNotice, DunningStage
from app.modules.billing.models.bills import OPEN
from app.modules.billing.models.collection import CALLED, LETTER, MESSAGE, PHONE, PRINTED, SENT, UNREACHED
from app.modules.estate.models import Community
from app.modules.members.models import Customer, CustomerMember

PLACEHOLDERS = ("客户", "园区", "账单数", "金额", "截止日期", "服务电话")
OLDEST = timedelta(days=365)
"""Arrears older than this are a matter for people, not for a job."""
AT_ONCE = 200
"""Customers of one stage in one go."""
LADDER = (
    ("到期提醒", -3, MESSAGE, "物业费用即将到期",
     "尊敬的{客户}：您有 {账单数} 张账单共 {金额} 将于 {截止日期} 到期，可在小程序“在线缴费”中查看明细并缴纳。"
     "如已缴纳请忽略。"),
    ("逾期提醒", 1, MESSAGE, "物业费用已到期",
     "尊敬的{客户}：您有 {账单数} 张账单共 {金额} 已过截止日期（{截止日期}），请您方便时尽快缴纳。"
     "如对账单有疑问，请联系物业服务中心 {服务电话}。"),
    ("再次提醒", 15, MESSAGE, "物业费用逾期提醒",
     "尊敬的{客户}：您有 {账单数} 张账单共 {金额} 已逾期 15 天以上。为免产生更多滞纳金，请尽快缴纳；"
     "确有困难的，可联系物业服务中心 {服务电话} 协商分期。"),
    ("催告函", 30, LETTER, "物业费用催告函",
     "感谢您对{园区}物业服务工作的支持。您名下尚有 {账单数} 张账单已过缴费截止日期，合计 {金额}，明细如下。"
     "请您在收到本函之日起 15 日内缴清。"),
)  # fmt: skip

BY_HAND = (
    "尊敬的{客户}：您有 {账单数} 张账单共 {金额} 待缴，请在小程序“在线缴费”中查看并缴纳。"
    "如有疑问请联系物业服务中心 {服务电话}。"
)
BY_PHONE = "已电话告知{客户}：{账单数} 张账单共 {金额} 待缴。"
BY_LETTER = "已打印致{客户}的催告函：{账单数} 张账单共 {金额} 待缴。"


def install(session: Session) -> None:
    """Add the ladder that ships, where there is none yet."""
    if session.scalar(select(DunningStage.id).limit(1)) is None:
        session.add_all(
            DunningStage(name=name, days=days, channel=channel, title=title, body=body)
            for name, days, channel, title, body in LADDER
        )


def check_text(text: str) -> None:
    """Raise Invalid for a placeholder that nobody fills, and for half of one."""
    unknown = [name for name in re.findall(r"\{([^{}]*)\}", text) if name not in PLACEHOLDERS]
    if re.search("[{}]", re.sub(r"\{[^{}]*\}", "", text)):
        raise Invalid.field("body", _("大括号没有成对"))
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
    local, first = clock.local(now), settings.get("billing.dunning_from")
    if first <= local.hour < max(settings.get("billing.dunning_until"), first + 1):
        return now
    day = local.date() if local.hour < first else local.date() + timedelta(days=1)
    return datetime.combine(day, time(first), clock.SHANGHAI)


def dun(session: Session, payload: Mapping[str, Any]) -> None:
    """Job: send what is due in a community; where quiet hours have begun meanwhile it waits for the morning."""
    if not settings.get("billing.dunning"):
        return
    community_id, start = payload["community_id"], _next_allowed(clock.now())
    if start > clock.now():
        jobs.put(session, "billing.dun", payload, run_at=start)
        return
    more = False
    for step in _ladder(session).of(community_id):
        if step.stage.channel == MESSAGE:
            due = _remindable(step.reached())
            customers = session.scalars(
                due.with_only_columns(Bill.customer_id).distinct().order_by(Bill.customer_id).limit(AT_ONCE)
            ).all()
            ids = session.scalars(due.with_only_columns(Bill.id).where(Bill.customer_id.in_(customers))).all()
            _send(session, ids, Reminder.of(step.stage), None)
            more = more or len(customers) == AT_ONCE
    if more:
        jobs.put(session, "billing.dun", payload)


@dataclass(frozen=True)
class Step:
    """A stage in a community, with the due dates that stand on it today."""

    stage: DunningStage
    community_id: int
    oldest: date
    newest: date

    def reached(self) -> ColumnElement[bool]:
        """Of a bill: it stands on this step, and was not reminded of it."""
        return and_(
            Bill.community_id == self.community_id, Bill.due_on.between(self.oldest, self.newest),
            ~_reminded_of(self.stage.id),
        )  # fmt: skip


@dataclass(frozen=True)
class Ladder:
    """All stages that are switched on, lowest first."""

    stages: Sequence[DunningStage]

    def of(self, community_id: int) -> list[Step]:
        """A community's own ladder, else that of all; a bill stands on the step it has reached, not on all below."""
        own = [stage for stage in self.stages if stage.community_id == community_id]
        stages = own or [stage for stage in self.stages if stage.community_id is None]
        today, steps = clock.today(), []
        for stage, above in zip(stages, [*stages[1:], None], strict=True):
            oldest = today - OLDEST if above is None else today - timedelta(days=above.days - 1)
            steps.append(Step(stage, community_id, oldest, today - timedelta(days=stage.days)))
        return steps


def _ladder(session: Session) -> Ladder:
    query = select(DunningStage).where(DunningStage.active.is_(True)).order_by(DunningStage.days, DunningStage.id)
    return Ladder(session.scalars(query).all())


def waiting(session: Session, channel: str, communities: Iterable[int] | None = None) -> ColumnElement[bool]:
    """Of a bill: it has reached a stage of this channel, which people work off, and was not reminded of it yet."""
    ladder = _ladder(session)
    if communities is None:
        communities = session.scalars(select(Community.id).where(Community.active.is_(True))).all()
    steps = [step for number in communities for step in ladder.of(number) if step.stage.channel == channel]
    return and_(Bill.state.in_(OPEN), ~held(), or_(false(), *(step.reached() for step in steps)))


def _reminded_of(stage_id: int) -> ColumnElement[bool]:
    return exists().where(DunningNotice.bill_id == Bill.id, DunningNotice.stage_id == stage_id)


def held() -> ColumnElement[bool]:
    """Of a bill: somebody has said that it, or all of its customer's, shall not be asked for now."""
    return exists().where(
        DunningHold.active.is_(True),
        or_(DunningHold.until.is_(None), DunningHold.until >= clock.today()),
        DunningHold.customer_id == Bill.customer_id,
        or_(DunningHold.bill_id.is_(None), DunningHold.bill_id == Bill.id),
    )


def _remindable(*conditions: Any) -> Any:
    return select(Bill).where(Bill.state.in_(OPEN), ~held(), *conditions)


@dataclass(frozen=True)
class Reminder:
    """What is said and by which way; ``stage_id`` None: by hand, as often as somebody wants."""

    title: str
    body: str
    channel: str = MESSAGE
    stage_id: int | None = None

    @classmethod
    def of(cls, stage: DunningStage) -> "Reminder":
        """What a stage says."""
        return cls(stage.title, stage.body, stage.channel, stage.id)


def remind(session: Session, bill_ids: Iterable[int], staff_id: int | None) -> set[int]:
    """Remind of these bills now, by hand; of paid, void and held ones not. Returns of which."""
    return _send(session, bill_ids, Reminder(_("物业费用缴纳提醒"), BY_HAND), staff_id)


def note_call(session: Session, bill_ids: Iterable[int], staff_id: int) -> set[int]:
    """Note that somebody has spoken with the customers about these bills; not about paid, void and held ones. Returns
    about which."""
    return _by_people(session, bill_ids, Reminder(_("电话提醒"), BY_PHONE, PHONE), staff_id)


def note_letters(session: Session, payers: Sequence[tuple[int, int]], staff_id: int) -> set[int]:
    """Note the letters that are printed for these (community, customer), for each bill that stands in them. Returns
    those bills: none for who owes nothing past its day that may be asked for."""
    ids = session.scalars(overdue(payers).with_only_columns(Bill.id)).all()
    return _by_people(session, ids, Reminder(_("物业费用催告函"), BY_LETTER, LETTER), staff_id)


def overdue(payers: Sequence[tuple[int, int]]) -> Any:
    """What these (community, customer) owe past its day and may be asked for: what their letters list."""
    return _remindable(tuple_(Bill.community_id, Bill.customer_id).in_(payers), Bill.due_on < clock.today())


def letter_text(session: Session, community_id: int) -> str:
    """What the community's letters say: the text of its stage for letters, else the one that ships."""
    steps = _ladder(session).of(community_id)
    return next((step.stage.body for step in steps if step.stage.channel == LETTER), LADDER[-1][-1])


def _by_people(session: Session, bill_ids: Iterable[int], reminder: Reminder, staff_id: int) -> set[int]:
    """For bills that stand on a step of this channel it is that step; for the others a reminder by hand."""
    ids, done = list(bill_ids), set[int]()
    ladder = _ladder(session)
    for community_id in session.scalars(select(Bill.community_id).where(Bill.id.in_(ids)).distinct()).all():
        for step in ladder.of(community_id):
            if step.stage.channel == reminder.channel:
                on_it = session.scalars(select(Bill.id).where(Bill.id.in_(ids), step.reached())).all()
                done |= _send(session, on_it, Reminder.of(step.stage), staff_id)
                ids = [number for number in ids if number not in set(on_it)]
    return done | _send(session, ids, reminder, staff_id)


def _claim(session: Session, bill_ids: Iterable[int], stage_id: int | None = None) -> list[Bill]:
    """Those of the bills that may be asked for at this moment, locked, by customer.

    What stands in the way (a hold, a reminder of this stage) is looked for once the lock is there: on PostgreSQL the
    statement that waited for it sees the bill as it is now, but everything else as it was before.
    """
    locked = select(Bill.id).where(Bill.id.in_(list(bill_ids)), Bill.state.in_(OPEN)).order_by(Bill.id)
    ids = session.scalars(locked.with_for_update()).all()
    free = _remindable(Bill.id.in_(ids))
    if stage_id is not None:
        free = free.where(~_reminded_of(stage_id))
    query = free.options(selectinload(Bill.customer), selectinload(Bill.community))
    by_customer = query.order_by(Bill.community_id, Bill.customer_id, Bill.id)
    bills = session.scalars(by_customer.execution_options(populate_existing=True)).all()
    return [bill for bill in bills if bill.outstanding_fen > 0]


def _send(session: Session, bill_ids: Iterable[int], reminder: Reminder, staff_id: int | None) -> set[int]:
    """Note a reminder of each bill and, where it is a message, send one to each customer. Returns of which bills."""
    bills = _claim(session, bill_ids, reminder.stage_id)
    if not bills:
        return set()
    members = _members(session, {bill.customer_id for bill in bills})
    letters: list[tuple[int, str]] = []
    rows = []
    for (community_id, customer_id), group in groupby(bills, lambda bill: (bill.community_id, bill.customer_id)):
        theirs = list(group)
        body = filled(reminder.body, theirs[0].customer, theirs[0].community, theirs)
        letters += [(member_id, body) for member_id in members.get(customer_id, ())]
        outcome = {LETTER: PRINTED, PHONE: CALLED}.get(reminder.channel, SENT if customer_id in members else UNREACHED)
        rows += [
            {
                "community_id": community_id, "bill_id": bill.id, "customer_id": customer_id,
                "stage_id": reminder.stage_id, "channel": reminder.channel, "outcome": outcome,
                "amount_fen": bill.outstanding_fen, "title": reminder.title, "body": body, "sent_at": clock.now(),
                "staff_id": staff_id,
            }
            for bill in theirs
        ]  # fmt: skip
    session.execute(conflict_insert(session, DunningNotice).values(rows))
    if reminder.channel == MESSAGE:
        for member_id, body in letters:
            messages.send(session, member_id, "dunning", reminder.title, body, "/pkg-billing/bills")
    return {bill.id for bill in bills}


def _members(session: Session, customers: Iterable[int]) -> dict[int, list[int]]:
    """Who acts for each of the customers in the mini-program."""
    rows = session.execute(
        select(CustomerMember.customer_id, CustomerMember.member_id)
        .where(CustomerMember.customer_id.in_(customers))
        .order_by(CustomerMember.id)
    )
    found: dict[int, list[int]] = {}
    for customer_id, member_id in rows:
        found.setdefault(customer_id, []).append(member_id)
    return found


def filled(text: str, customer: Customer, community: Community, bills: Sequence[Bill]) -> str:
    """A stage's text for these bills."""
    values = {
        "客户": customer.name,
        "园区": community.name,
        "账单数": str(len(bills)),
        "金额": yuan(sum(bill.outstanding_fen for bill in bills)),
        "截止日期": f"{min(bill.due_on for bill in bills)}",
        "服务电话": settings.get("billing.company_phone") or community.service_phone,
    }
    return re.sub(r"\{([^{}]*)\}", lambda found: values.get(found[1], found[0]), text)
