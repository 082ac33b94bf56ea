"""The receipt of a payment: numbered without gaps, and saying years later what it said then."""

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.db import yuan
from app.modules.billing.documents.capitals import capitals
from app.modules.billing.documents.paper import Spacer, company, grid, mm, paper, text
from app.modules.billing.models import FeeItem, Payment, Receipt
from app.modules.billing.models.money import CHANNELS

HEADER = ("房号", "费用", "账期", "本金", "滞纳金", "小计")


def receipt_pdf(session: Session, receipt: Receipt, payment: Payment) -> bytes:
    """A5 across, ready to be stamped; what a refund took back is noted below."""
    content = receipt.content
    who = company(content["community"])
    fees = dict(session.execute(select(FeeItem.id, FeeItem.name)).tuples().all())
    rows = [
        [
            item["unit"] or "—",
            fees.get(item["fee_item_id"], "") + (f"（{item['title']}）" if item["title"] else ""),
            item["period"],
            yuan(item["principal_fen"]),
            yuan(item["late_fen"]),
            yuan(item["principal_fen"] + item["late_fen"]),
        ]
        for item in content["items"]
    ]
    if content["prepaid_fen"]:
        rows.append(["—", _("预存款"), "—", "—", "—", yuan(content["prepaid_fen"])])
    story = [
        text(_("收 款 收 据"), size=16, align="center", bold=True),
        text(_("收据号：%(number)s　　日期：%(day)s", number=receipt.number, day=receipt.issued_on), align="right"),
        text(_("交款单位/个人：%(name)s　　园区：%(place)s", name=content["customer"], place=content["community"])),
        grid(HEADER, rows, [26, 62, 22, 26, 24, 26], (3, 4, 5)),
        Spacer(0, 3 * mm),
        text(
            _(
                "合计（大写）：人民币%(words)s　　（小写）%(amount)s",
                words=capitals(receipt.amount_fen),
                amount=yuan(receipt.amount_fen),
            ),
            size=11,
        ),
        text(_("收款方式：%(way)s　　缴费单号：%(number)s", way=CHANNELS[payment.channel], number=payment.number)),
    ]
    if payment.refunded_fen:
        story.append(text(_("已退款 %(amount)s", amount=yuan(payment.refunded_fen))))
    story.append(Spacer(0, 4 * mm))
    story.append(text(_("收款单位（盖章）：%(name)s", name=who["name"]), align="right"))
    return paper(story, _("收据 %(number)s", number=receipt.number), small=True)
