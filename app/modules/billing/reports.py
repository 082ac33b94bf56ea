"""Reports of billing: each a sum over the ledger, or over what is owed now (B3)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, case, func, select, text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.reports import AMOUNT, DATE, INTEGER, PERCENT, Asked, Chart, Column, Panel, Rate, Report
from app.modules.billing.models import Bill, FeeItem
from app.modules.billing.models.bills import OPEN_IN_SQL
from app.modules.billing.models.ledger import CASH, DEPOSIT, ISSUE, OFFSET, PAYMENT, RECEIVABLE, REFUND, VOIDING, WAIVED
from app.modules.billing.models.money import CHANNELS
from app.modules.billing.operations import finance
from app.modules.billing.operations.ledger_days import movements
from app.modules.estate.models import Community
from app.modules.members.models import Customer

MOST = 2000
AGES = ((0, "未到期"), (30, "逾期 30 天内"), (90, "31–90 天"), (180, "91–180 天"), (365, "181–365 天"))
OLDEST = "一年以上"


def collection(session: Session, asked: Asked) -> list[tuple[Any, ...]]:
    """Of the bills of these periods: due (issued less void and waived), received, and the rate; by ``asked.by``."""
    rows = movements().c
    taken = and_(rows.credit == RECEIVABLE, rows.kind.in_((PAYMENT, OFFSET, DEPOSIT)))
    given_back = and_(rows.debit == RECEIVABLE, rows.kind == REFUND)
    name: Any = {"period": rows.period, "fee": FeeItem.name, "community": Community.name}[asked.by]
    fen = rows.amount_fen
    query = (
        select(
            name,
            func.sum(case((rows.kind == ISSUE, fen), (rows.kind == VOIDING, -fen), else_=0)),
            func.sum(case((rows.debit == WAIVED, fen), else_=0)),
            func.sum(case((taken, fen), (given_back, -fen), else_=0)),
        )
        .join(FeeItem, FeeItem.id == rows.fee_item_id)
        .join(Community, Community.id == rows.community_id)
        .where(rows.period.between(f"{asked.start:%Y-%m}", f"{asked.end:%Y-%m}"))
        .group_by(name)
        .order_by(name)
    )
    found = []
    for label, issued, waived, received in session.execute(asked.within(query, rows)):
        due = int(issued) - int(waived)
        rate = float(received) / due if due else None
        found.append((label, int(issued), int(waived), due, int(received), due - int(received), rate))
    return found


def ageing(session: Session, asked: Asked) -> list[tuple[Any, ...]]:
    """What is owed now (principal and late fee), by how long it has been due; the largest arrears first."""
    today = clock.today()
    owed = Bill.outstanding_fen
    parts: list[Any] = []
    newer = None
    for days, _title in AGES:
        since = today - timedelta(days=days)
        inside = Bill.due_on >= since if newer is None else and_(Bill.due_on >= since, Bill.due_on < newer)
        parts.append(func.sum(case((inside, owed), else_=0)))
        newer = since
    parts.append(func.sum(case((Bill.due_on < newer, owed), else_=0)))
    key, named = {
        "customer": (Bill.customer_id, Customer),
        "fee": (Bill.fee_item_id, FeeItem),
        "community": (Bill.community_id, Community),
    }[asked.by]
    sums = (
        select(
            key.label("key"),
            *(part.label(f"age{n}") for n, part in enumerate(parts)),
            func.sum(owed).label("owed"),
            func.count().label("bills"),
        )
        .where(text(f"bill.{OPEN_IN_SQL}"))
        .group_by(key)
        .order_by(func.sum(owed).desc())
        .limit(MOST)
    )
    groups = asked.within(sums, Bill).subquery()
    _key, *columns = groups.c
    query = select(named.name, *columns).join(groups, groups.c.key == named.id).order_by(groups.c.owed.desc())
    return [(label, *(int(amount) for amount in amounts)) for label, *amounts in session.execute(query)]


def daily_cash(session: Session, asked: Asked) -> list[tuple[Any, ...]]:
    """What came in and went out each day, as the ledger booked it, by channel; deposits stand apart."""
    rows = movements().c
    fen, deposit = rows.amount_fen, rows.kind == DEPOSIT
    comes, goes = rows.debit == CASH, rows.credit == CASH
    query = (
        select(
            rows.booked_on,
            *(func.sum(case((and_(comes, rows.channel == channel), fen), else_=0)) for channel in CHANNELS),
            func.sum(case((and_(deposit, comes), fen), (and_(deposit, goes), -fen), else_=0)),
            func.sum(case((and_(goes, ~deposit), fen), else_=0)),
            func.sum(case((comes, fen), (goes, -fen), else_=0)),
        )
        .where(rows.booked_on.between(asked.start, asked.end), comes | goes)
        .group_by(rows.booked_on)
        .order_by(rows.booked_on)
    )
    found = session.execute(asked.within(query, rows))
    return [(day, *(int(amount) for amount in amounts)) for day, *amounts in found]


def arrears_by_age(session: Session, asked: Asked) -> list[tuple[Any, ...]]:
    """The same arrears, one row an age."""
    groups = ageing(session, replace(asked, by="community"))
    titles = [*(title for _days, title in AGES), OLDEST]
    return [(title, sum(row[n] for row in groups)) for n, title in enumerate(titles, 1)] if groups else []


def cash_by_channel(session: Session, asked: Asked) -> list[tuple[Any, ...]]:
    """The same takings, one row a channel that took something, deposits and refunds after them."""
    days = daily_cash(session, asked)
    titles = [*CHANNELS.values(), "押金净收", "退款支出"]
    sums = [sum(row[n] for row in days) for n in range(1, len(titles) + 1)]
    sums[-1] = -sums[-1]
    return [(title, fen) for title, fen in zip(titles, sums, strict=True) if fen]


def finance_totals(session: Session, asked: Asked) -> list[tuple[Any, ...]]:
    """Per day what finance reported beside what our books took in from it (B5)."""
    found = finance.totals_by_day(session, asked.start, asked.end, asked.communities)
    return [(day, count, told, ours, left, left_fen, told - ours) for day, count, told, ours, left, left_fen in found]


REPORTS = (
    Report(
        "finance_totals",
        "财务到账核对",
        "reconciliation",
        [
            Column("到账日期", DATE),
            Column("到账笔数", INTEGER),
            Column("财务到账", AMOUNT),
            Column("系统入账", AMOUNT),
            Column("待匹配笔数", INTEGER),
            Column("待匹配金额", AMOUNT),
            Column("差额", AMOUNT),
        ],
        rows=finance_totals,
        total=True,
        chart=Chart("bar", 0, (2, 3)),
        icon="fa-scale-balanced",
        help="按到账日期统计，不含已忽略的记录。系统入账为财务系统渠道的缴费合计（退款前）。"
        "差额 = 财务到账 − 系统入账，应等于待匹配金额。",
    ),
    Report(
        "collection",
        "收缴率",
        "billing",
        [
            Column("分组"),
            Column("出账", AMOUNT),
            Column("减免", AMOUNT),
            Column("应收", AMOUNT),
            Column("实收", AMOUNT),
            Column("欠缴", AMOUNT),
            Column("收缴率", PERCENT),
        ],
        rows=collection,
        by={"period": "账期", "fee": "费用项", "community": "园区"},
        span="year",
        chart=Chart("bar", 0, (3, 4)),
        icon="fa-percent",
        help="按账单的账期统计本金。应收 = 出账（扣除作废）− 减免；实收 = 缴费、预存抵扣、押金抵扣 − 退款冲回；"
        "收缴率 = 实收 ÷ 应收。",
    ),
    Report(
        "ageing",
        "欠费账龄",
        "billing",
        [
            Column("分组"),
            *(Column(title, AMOUNT) for _days, title in AGES),
            Column(OLDEST, AMOUNT),
            Column("欠费合计", AMOUNT),
            Column("账单数", INTEGER),
        ],
        rows=ageing,
        by={"customer": "客户", "fee": "费用项", "community": "园区"},
        span="now",
        total=True,
        chart=Chart("bar", 0, (7,)),
        icon="fa-hourglass-half",
        help="当前未结清账单的本金与滞纳金，按到期日距今天数分段；最多列出欠费最多的 2,000 组。",
    ),
    Report(
        "daily_cash",
        "收款日报",
        "billing",
        [
            Column("日期", DATE),
            *(Column(title, AMOUNT) for title in CHANNELS.values()),
            Column("押金净收", AMOUNT),
            Column("退款支出", AMOUNT),
            Column("净收款", AMOUNT),
        ],
        rows=daily_cash,
        total=True,
        chart=Chart("line", 0, (len(CHANNELS) + 3,)),
        icon="fa-cash-register",
        help="按入账日期统计。净收款 = 各渠道收款 + 押金净收 − 退款支出。",
    ),
)
COLLECTION, AGEING, DAILY_CASH = REPORTS[1:]

PANELS = (
    Panel(
        "collection", "收缴率", COLLECTION, show=(0, 3, 4, 6), by="fee", chart=Chart("bar", 0, (1, 2)),
        rate=Rate("收缴率", 2, 1),
    ),
    Panel(
        "arrears", "欠费账龄", AGEING, columns=[Column("账龄"), Column("欠费", AMOUNT)], rows=arrears_by_age,
        chart=Chart("bar", 0, (1,)),
    ),
    Panel(
        "cash", "收款", DAILY_CASH, columns=[Column("渠道"), Column("净收款", AMOUNT)], rows=cash_by_channel,
        chart=Chart("bar", 0, (1,)), most=len(CHANNELS) + 2,
    ),
)  # fmt: skip
