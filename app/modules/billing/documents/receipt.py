"""The receipt of a payment: numbered without gaps, and saying years later what it said then."""

from collections.abc import Mapping
from typing import Any

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.db import yuan
from app.modules.billing.documents.capitals import capitals
from app.modules.billing.documents.paper import Spacer, company, grid, mm, paper, seal, side_by_side, text
from app.modules.billing.explanation import explain
from app.modules.billing.models import Bill, BillLine, FeeItem, Payment, Receipt
from app.modules.billing.models.money import CHANNELS

WIDTH = 186
"""Of what is written on, in mm."""


def receipt_pdf(session: Session, receipt: Receipt, payment: Payment, printed: int = 0) -> bytes:
    """A5 across, ready to be stamped; what a refund took back is noted below.

    ``printed`` 1 is the original on paper, and every later one says that it is a reprint; 0 is the copy on a screen.
    """
    content = receipt.content
    who = company(content["community"])
    fees = dict(session.execute(select(FeeItem.id, FeeItem.name)).tuples().all())
    lines = _lines(session, [item["bill"] for item in content["items"]])
    rows: list[list[Any]] = [
        [
            item["unit"] or "—",
            _what(item, fees.get(item["fee_item_id"], ""), lines.get(item["bill"], [])),
            item["period"],
            yuan(item["principal_fen"]),
            yuan(item["late_fen"]),
            yuan(item["principal_fen"] + item["late_fen"]),
        ]
        for item in content["items"]
    ]
    if content["prepaid_fen"]:
        rows.append(["—", _("预存款"), "—", "—", "—", yuan(content["prepaid_fen"])])
    header = [_("房号"), _("费用及计算说明"), _("账期"), _("本金"), _("滞纳金"), _("小计")]
    story = [
        text(_("收 款 收 据"), size=16, align="center", bold=True),
        side_by_side(
            text(_("收据号：%(number)s", number=receipt.number)),
            text(_("%(mark)s　日期：%(day)s", mark=_mark(printed), day=receipt.issued_on), align="right"),
            (WIDTH / 2, WIDTH / 2),
        ),
        side_by_side(
            text(_("交款单位/个人：%(name)s", name=content["customer"])),
            text(_("园区：%(place)s", place=content["community"]), align="right"),
            (WIDTH / 2, WIDTH / 2),
        ),
        Spacer(0, mm),
        grid(header, rows, [22, 80, 18, 22, 20, 24], (3, 4, 5)),
        Spacer(0, 3 * mm),
        side_by_side(_below(session, receipt, payment, who["name"]), seal(who["seal"] or _("（盖章处）")), (148, 38)),
    ]
    return paper(
        story, _("收据 %(number)s", number=receipt.number), small=True,
        foot=_("收据号 %(number)s", number=receipt.number),
    )  # fmt: skip


def _mark(printed: int) -> str:
    if not printed:
        return _("电子收据")
    return "" if printed == 1 else _("补打（第 %(number)s 次打印）", number=printed)


def _what(item: Mapping[str, Any], fee: str, lines: list[BillLine]) -> list[Any]:
    """The fee, and how its amount came about; of a bill that is paid in parts, what the whole of it is."""
    said = [text(fee + (f"（{item['title']}）" if item["title"] else ""), size=9)]
    said += [text(explain(line), size=7.5, pale=True) for line in lines]
    whole = sum(line.amount_fen for line in lines)
    if lines and item["principal_fen"] != whole:
        said.append(text(_("账单 %(amount)s，本次收取其中一部分", amount=yuan(whole)), size=7.5, pale=True))
    return said


def _lines(session: Session, numbers: list[str]) -> dict[str, list[BillLine]]:
    found: dict[str, list[BillLine]] = {}
    rows = session.execute(
        select(Bill.number, BillLine)
        .join(BillLine, BillLine.bill_id == Bill.id)
        .where(Bill.number.in_(numbers))
        .order_by(BillLine.bill_id, BillLine.position)
    )
    for number, line in rows:
        found.setdefault(number, []).append(line)
    return found


def _below(session: Session, receipt: Receipt, payment: Payment, name: str) -> list[Any]:
    amount = {"words": capitals(receipt.amount_fen), "amount": yuan(receipt.amount_fen)}
    cashier = session.get(User, payment.cashier_id) if payment.cashier_id else None
    way = {"way": CHANNELS[payment.channel], "number": payment.number}
    return [
        text(_("合计（大写）：人民币%(words)s　（小写）%(amount)s", **amount), size=11),
        text(_("收款方式：%(way)s　缴费单号：%(number)s", **way)),
        *([text(_("已退款 %(amount)s", amount=yuan(payment.refunded_fen)))] if payment.refunded_fen else []),
        *([text(_("收款人：%(name)s", name=cashier.first_name))] if cashier else []),
        text(_("收款单位（盖章）：%(name)s", name=name)),
    ]
