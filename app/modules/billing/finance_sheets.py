"""Import of payment records that the finance system exported (B6)."""

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.sheets import Amount, Code, Date, Row, Sheet, Text
from app.modules.billing.models import FinanceEntry
from app.modules.billing.operations import finance
from app.modules.estate.sheets import community_column


def _number(text: str) -> str:
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError(_("流水号只能包含字母、数字和符号"))
    return text


def check_entries(session: Session, rows: list[Row]) -> None:
    """An entry that is there is never changed; a new one has an amount and a day that has come."""
    there = {row.record_id for row in rows if row.record_id is not None}
    known = {entry.id: entry for entry in session.scalars(select(FinanceEntry).where(FinanceEntry.id.in_(there)))}
    for row in rows:
        if row.record_id is not None:
            entry = known[row.record_id]
            if any(getattr(entry, name) != value for name, value in row.values.items()):
                row.refuse(ENTRIES.by_name["external_no"], _("该流水号已登记且内容不同"))
            continue
        if row.values["amount_fen"] <= 0:
            row.refuse(ENTRIES.by_name["amount_fen"], _("金额应大于 0"))
        if row.values["paid_on"] > clock.today():
            row.refuse(ENTRIES.by_name["paid_on"], _("到账日期不能晚于今天"))
        if not row.values.get("bill_no") and not row.values.get("customer_name"):
            row.refuse(ENTRIES.by_name["bill_no"], _("账单号和客户名称至少填写一项"))


ENTRIES = Sheet(
    FinanceEntry,
    key=("external_no",),
    area="reconciliation",
    columns=[
        Code(
            "external_no", check=_number, example="BANK20261123001", note="财务系统或银行的流水号；重复导入不会重复入账"
        ),
        community_column(),
        Text("bill_no", example="B202611-12-345", note="有账单号时按账单号入账"),
        Text("customer_name", example="示例餐饮店", note="没有账单号时按客户和金额匹配"),
        Text("payer", example="王五"),
        Amount("amount_fen", example="242.20"),
        Date("paid_on", example="2026-11-20"),
        Text("note"),
    ],
    prepare=check_entries,
    finish=finance.match_imported,
    undoable=False,
)
