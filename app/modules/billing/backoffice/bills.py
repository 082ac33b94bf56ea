"""Back office: bills with the explanation of their amounts, and waivers."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.backoffice import Button, ModuleView, bulk, computed
from app.core.backoffice.cells import Cell
from app.core.db import db, yuan
from app.core.errors import Invalid
from app.modules.billing import queries, sheets
from app.modules.billing.explanation import explain
from app.modules.billing.models import Bill, BillLine, Waiver
from app.modules.billing.models.bills import OPEN, PRINCIPAL
from app.modules.billing.models.money import CHANNELS
from app.modules.billing.operations import charges, waivers

DUE_WITHIN = timedelta(days=14)


class WaiverView(ModuleView):
    """减免: asked for here, decided by who may approve."""

    model, area = Waiver, "billing"
    title, icon = "减免", "fa-hand-holding-heart"
    columns = ("id", "bill", "community", "part", "amount_fen", "reason", "state", "requested_by", "created_at")
    filters = ("community", "bill", "part", "state", "created_at")
    order = ("-id",)
    sortable = ("created_at",)
    form = ("bill", "part", "amount_fen", "reason")
    can_edit = can_delete = False
    moves = ("approve", "reject")

    def choice_filter(self, name: str) -> Any:
        return Bill.state.in_(OPEN) if name == "bill" else None

    def save(self, session: Session, record: Waiver | None, values: dict[str, Any]) -> Waiver:
        bill = session.get_one(Bill, values["bill_id"])
        return waivers.request(session, bill, values["part"], values["amount_fen"], values["reason"], current_user.id)

    def make_move(self, session: Session, record: Waiver, name: str, values: dict[str, Any]) -> Waiver:
        return {"approve": waivers.approve, "reject": waivers.reject}[name](session, record, current_user.id)


class BillView(ModuleView):
    """账单 (B3): what was charged, what is paid of it, and why it is that much."""

    model, area, sheet = Bill, "billing", sheets.BILLS
    title, icon = "账单", "fa-file-invoice"
    columns = (
        "number", "unit", "customer", "fee_item", "period", "amount_fen", "outstanding", "due_on", "state",
    )  # fmt: skip
    filters = ("community", "customer", "unit", "fee_item", "period", "due_on", "state", "run")
    search = ("number",)
    order = ("-id",)
    sortable = ("due_on", "amount_fen")
    sections = (
        ("账单", ("number", "community", "unit", "customer", "fee_item", "period", "starts_on", "ends_on", "tariff",
                "run", "issued_on", "due_on", "state", "note")),
        ("金额", ("amount_fen", "paid_fen", "waived_fen", "late_fee_fen", "late_paid_fen", "late_waived_fen",
                "outstanding", "late_until")),
    )  # fmt: skip
    form = ("customer", "unit", "fee_item", "amount_fen", "due_on", "note")
    can_edit = can_delete = False
    moves = ("void",)
    move_inputs = {"void": ("note",)}
    related = ((WaiverView, "bill_id"),)
    show_template = "billing/bill.html"

    @computed("尚欠", numeric=True)
    def outstanding(self, _session: Session, records: list[Bill]) -> dict[int, Cell]:
        late = {bill.id for bill in records if bill.state in OPEN and bill.due_on < clock.today()}
        owed = {bill.id: bill.outstanding_fen if bill.state in OPEN else 0 for bill in records}
        overdue = {number: Cell(_("%(fen)s 逾期", fen=yuan(owed[number])), "badge", "red") for number in late}
        return {number: Cell(yuan(fen), "number") for number, fen in owed.items()} | overdue

    def save(self, session: Session, record: Bill | None, values: dict[str, Any]) -> Bill:
        """A single charge by hand; what a run makes is not typed."""
        unit = queries.unit_with_community(session, values["unit_id"])
        if unit is None:
            raise Invalid.field("unit", _("请选择房号"))
        title = values["note"] or _("单次收费")
        return charges.charge(
            session,
            customer_id=values["customer_id"],
            community_id=unit.community_id,
            unit_id=unit.id,
            fee_key=queries.fee_key(session, values["fee_item_id"]),
            amount_fen=values["amount_fen"],
            title=title,
            explanation=_("%(title)s，金额 %(amount)s", title=title, amount=yuan(values["amount_fen"])),
            due_on=values["due_on"] or clock.today() + DUE_WITHIN,
        )

    def make_move(self, session: Session, record: Bill, name: str, values: dict[str, Any]) -> Bill:
        return charges.void(session, record, values["note"])

    def show_context(self, record: Bill) -> dict[str, Any]:
        session = db.session()
        lines = session.scalars(select(BillLine).where(BillLine.bill_id == record.id).order_by(BillLine.position))
        return {
            "lines": [(line.title, explain(line), yuan(line.amount_fen)) for line in lines],
            "paid_by": queries.payments_of_bill(session, record.id),
            "channels": CHANNELS,
        }

    def extra_buttons(self, record: Bill) -> Iterable[Button]:
        if record.state in OPEN:
            here: dict[str, Any] = {"customer": record.customer_id, "community": record.community_id}
            yield Button(_("收款"), url_for("CounterView.show", **here), "fa-cash-register", "edit")
            yield Button(_("申请减免"), url_for("WaiverView.add", bill=record.id, part=PRINCIPAL),
                         "fa-hand-holding-heart", "edit")  # fmt: skip
        yield Button(_("客户账户"), url_for("StatementView.show", customer=record.customer_id), "fa-book")

    def list_buttons(self) -> Iterable[Button]:
        yield Button(_("收款台"), url_for("CounterView.show"), "fa-cash-register", "edit")
        yield Button(_("导入期初欠费"), url_for(f"{sheets.ARREARS.endpoint}.index"), "fa-file-import", "import")

    @bulk("作废", action="approve", confirm="所选账单逐张作废，客户无需再缴，不能恢复；已有缴费的不作废。")
    def void_ticked(self, session: Session, bills: Sequence[Bill], _staff_id: int) -> None:
        for bill in bills:
            charges.void(session, bill, _("批量作废"))
