"""The demand letter (催告函): what is owed and how to pay it; it threatens nothing, least of all utilities."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session, selectinload

from app.core import clock
from app.core.db import yuan
from app.modules.billing.documents.paper import PageBreak, Spacer, company, grid, mm, paper, text
from app.modules.billing.models import Bill
from app.modules.billing.operations import dunning

MOST_LETTERS = 200
MOST_LISTED = 300
"""Bills in one letter; the sum is that of all."""


def letters_pdf(session: Session, payers: Sequence[tuple[int, int]]) -> bytes:
    """One letter for each (community, customer) that owes something past its day; a page that says so if none does."""
    query = (
        dunning.overdue(payers[:MOST_LETTERS])
        .order_by(Bill.community_id, Bill.customer_id, Bill.due_on, Bill.id)
        .options(*(selectinload(kept) for kept in (Bill.unit, Bill.fee_item, Bill.customer, Bill.community)))
    )
    story: list[Any] = []
    for _payer, bills in groupby(session.scalars(query), lambda bill: (bill.community_id, bill.customer_id)):
        story += [*([PageBreak()] if story else []), *_letter(session, list(bills))]
    return paper(story or [text(_("目前没有需要催告的客户"), size=14)], _("催告函"))


def _letter(session: Session, bills: list[Bill]) -> list[Any]:
    today, customer, community = clock.today(), bills[0].customer, bills[0].community
    who = company(community.name)
    rows = [
        [
            bill.unit.number if bill.unit else "—", bill.fee_item.name, bill.period, f"{bill.due_on}",
            yuan(bill.principal_due_fen), yuan(bill.late_due_fen), yuan(bill.outstanding_fen),
        ]
        for bill in bills[:MOST_LISTED]
    ]  # fmt: skip
    if len(bills) > MOST_LISTED:
        rest = sum(bill.outstanding_fen for bill in bills[MOST_LISTED:])
        rows.append(["—", _("其余 %(count)s 笔", count=len(bills) - MOST_LISTED), "—", "—", "—", "—", yuan(rest)])
    rows.append([_("合计"), "", "", "", *(yuan(sum(fen)) for fen in zip(*map(_owed, bills), strict=True))])
    ways = [_("微信小程序“在线缴费”"), _("物业服务中心收款台")]
    if who["account"]:
        ways.append(_("转账：%(name)s，%(bank)s，账号 %(account)s", **who))
    phone = who["phone"] or community.service_phone
    opening = dunning.filled(dunning.letter_text(session, community.id), customer, community, bills)
    return [
        text(_("催 告 函"), size=18, align="center", bold=True),
        text(_("致：%(name)s", name=customer.name), size=11),
        text(opening, size=11, indent=True),
        Spacer(0, 2 * mm),
        grid(
            [_("房号"), _("费用"), _("账期"), _("截止日期"), _("尚欠本金"), _("滞纳金"), _("合计")],
            rows,
            [24, 30, 20, 26, 25, 21, 24],
            (4, 5, 6),
        ),
        Spacer(0, 3 * mm),
        text(_("以上金额截至 %(day)s。缴费方式：%(ways)s。", day=today, ways="；".join(ways)), size=11, indent=True),
        text(
            _(
                "如您已经缴纳，或对费用有疑问、暂时有困难需要分期，请与我们联系%(phone)s。"
                "我们会尽快为您核实和协商。滞纳金按合同约定逐日计算，至缴清之日为止。",
                phone=_("，电话 %(phone)s", phone=phone) if phone else "",
            ),
            size=11,
            indent=True,
        ),
        Spacer(0, 10 * mm),
        text(who["name"], size=11, align="right"),
        text(f"{today.year} 年 {today.month} 月 {today.day} 日", size=11, align="right"),
    ]


def _owed(bill: Bill) -> tuple[int, int, int]:
    return bill.principal_due_fen, bill.late_due_fen, bill.outstanding_fen
