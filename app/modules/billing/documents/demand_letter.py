"""The demand letter (催告函): what is owed and how to pay it; it threatens nothing, least of all utilities."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.core import clock
from app.core.db import yuan
from app.modules.billing.documents.paper import PageBreak, Spacer, company, grid, mm, paper, text
from app.modules.billing.models import Bill
from app.modules.billing.models.bills import OPEN
from app.modules.estate.models import Community
from app.modules.members.models import Customer

MOST_LETTERS = 200
MOST_BILLS = 300


def letters_pdf(session: Session, payers: Sequence[tuple[int, int]]) -> bytes:
    """One letter for each (community, customer) that owes something past its day; a page that says so if none does."""
    story: list[Any] = []
    for community_id, customer_id in payers[:MOST_LETTERS]:
        part = _letter(session, community_id, customer_id)
        if part:
            story += [*([PageBreak()] if story else []), *part]
    return paper(story or [text(_("目前没有需要催告的客户"), size=14)], _("催告函"))


def _letter(session: Session, community_id: int, customer_id: int) -> list[Any]:
    today = clock.today()
    bills = session.scalars(
        select(Bill)
        .where(
            Bill.community_id == community_id,
            Bill.customer_id == customer_id,
            Bill.state.in_(OPEN),
            Bill.due_on < today,
        )
        .order_by(Bill.due_on, Bill.id)
        .options(selectinload(Bill.unit), selectinload(Bill.fee_item))
        .limit(MOST_BILLS)
    ).all()
    if not bills:
        return []
    customer, community = session.get_one(Customer, customer_id), session.get_one(Community, community_id)
    who = company(community.name)
    rows = [
        [
            bill.unit.number if bill.unit else "—", bill.fee_item.name, bill.period, f"{bill.due_on}",
            yuan(bill.principal_due_fen), yuan(bill.late_due_fen), yuan(bill.outstanding_fen),
        ]
        for bill in bills
    ]  # fmt: skip
    total = sum(bill.outstanding_fen for bill in bills)
    ways = [_("微信小程序“在线缴费”"), _("物业服务中心收款台")]
    if who["account"]:
        ways.append(_("转账：%(name)s，%(bank)s，账号 %(account)s", **who))
    phone = who["phone"] or community.service_phone
    return [
        text(_("催 告 函"), size=18, align="center", bold=True),
        text(_("致：%(name)s", name=customer.name), size=11),
        text(
            _(
                "　　感谢您对%(place)s物业服务工作的支持。截至 %(day)s，您名下尚有下列费用已过缴费截止日期，"
                "共 %(count)s 笔，合计 %(total)s：",
                place=community.name,
                day=today,
                count=len(bills),
                total=yuan(total),
            ),
            size=11,
        ),
        Spacer(0, 2 * mm),
        grid(
            [_("房号"), _("费用"), _("账期"), _("截止日期"), _("尚欠本金"), _("滞纳金"), _("合计")],
            rows,
            [24, 30, 20, 26, 25, 21, 24],
            (4, 5, 6),
        ),
        Spacer(0, 3 * mm),
        text(_("　　请您在收到本函之日起 15 日内缴清，缴费方式：%(ways)s。", ways="；".join(ways)), size=11),
        text(
            _(
                "　　如您已经缴纳，或对费用有疑问、暂时有困难需要分期，请与我们联系%(phone)s，"
                "我们会尽快为您核实和协商。滞纳金按合同约定逐日计算，缴清之日为止。",
                phone=_("（电话 %(phone)s）", phone=phone) if phone else "",
            ),
            size=11,
        ),
        Spacer(0, 10 * mm),
        text(who["name"], size=11, align="right"),
        text(f"{today.year} 年 {today.month} 月 {today.day} 日", size=11, align="right"),
    ]
