"""Back office: payments as they come in (B7), refunds, deposits, the cashier's counter, a customer's account."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.core import audit, clock, rights
from app.core.backoffice import Button, ModuleView, PageView, page
from app.core.backoffice.screens import in_scope
from app.core.db import db, to_fen, transaction, whole_number, yuan
from app.core.errors import DomainError, FieldError, Invalid
from app.core.reports import Asked
from app.core.sheets import table_response
from app.modules.billing import queries, sheets
from app.modules.billing.models import Bill, Deposit, Payment, Refund
from app.modules.billing.models.bills import OPEN
from app.modules.billing.models.ledger import KINDS, LATE
from app.modules.billing.models.money import COUNTER_CHANNELS
from app.modules.billing.operations import deposits, payments, refunds
from app.modules.members.models import Customer

MOST_FEN = Decimal(10) ** 9


class RefundView(ModuleView):
    """退款: asked for from a payment, decided by who may approve; the channel pays it out."""

    model, area = Refund, "billing"
    title, icon = "退款", "fa-rotate-left"
    columns = ("number", "payment", "community", "amount_fen", "reason", "state", "requested_by", "created_at")
    filters = ("community", "payment", "state", "created_at")
    search = ("number",)
    order = ("-id",)
    sortable = ("created_at", "amount_fen")
    form = ("payment", "amount_fen", "reason")
    can_edit = can_delete = False
    moves = ("approve", "reject", "finish", "retry")

    def choice_filter(self, name: str) -> Any:
        return Payment.state.in_(("paid", "part_refunded")) if name == "payment" else None

    def save(self, session: Session, record: Refund | None, values: dict[str, Any]) -> Refund:
        payment = session.get_one(Payment, values["payment_id"])
        return refunds.request(session, payment, values["amount_fen"], values["reason"], current_user.id)

    def make_move(self, session: Session, record: Refund, name: str, values: dict[str, Any]) -> Refund:
        match name:
            case "approve":
                return refunds.approve(session, record, current_user.id)
            case "reject":
                return refunds.reject(session, record, current_user.id)
            case "retry":
                return refunds.retry(session, record)
        return refunds.finish(session, record)


class PaymentView(ModuleView):
    """缴费记录 (B3, B7): every attempt to pay, newest first."""

    model, area, sheet = Payment, "billing", sheets.PAYMENTS
    title, icon = "缴费记录", "fa-receipt"
    columns = ("number", "customer", "community", "channel", "amount_fen", "refunded_fen", "state", "paid_at")
    filters = ("community", "customer", "channel", "state", "paid_on")
    search = ("number", "channel_no")
    order = ("-id",)
    sortable = ("amount_fen", "created_at")
    readonly = True
    related = ((RefundView, "payment_id"),)
    show_template = "billing/payment.html"

    def show_context(self, record: Payment) -> dict[str, Any]:
        session = db.session()
        standing = payments.allocated(session, record.id)
        ids = {bill_id for bill_id, _account, _fen in standing if bill_id}
        bills = session.scalars(
            select(Bill).where(Bill.id.in_(ids)).options(selectinload(Bill.fee_item), selectinload(Bill.unit))
        )
        by_id = {bill.id: bill for bill in bills}
        rows = [(by_id.get(bill_id or 0), account == LATE, yuan(fen)) for bill_id, account, fen in standing]
        receipt = queries.receipt_of(session, record.id)
        prints = queries.prints_of(session, receipt.id) if receipt else 0
        return {"standing": rows, "receipt": receipt, "prints": prints}

    def extra_buttons(self, record: Payment) -> Iterable[Button]:
        if record.state in ("paid", "part_refunded"):
            yield Button(_("申请退款"), url_for("RefundView.add", payment=record.id), "fa-rotate-left", "edit")
        yield Button(_("客户账户"), url_for("StatementView.show", customer=record.customer_id), "fa-book")

    def list_buttons(self) -> Iterable[Button]:
        yield Button(_("收款台"), url_for("CounterView.show"), "fa-cash-register", "edit")


class DepositView(ModuleView):
    """押金."""

    model, area = Deposit, "billing"
    title, icon = "押金", "fa-vault"
    columns = ("number", "customer", "unit", "title", "amount_fen", "deducted_fen", "state", "received_on")
    filters = ("community", "customer", "unit", "state", "received_on")
    search = ("number",)
    order = ("-id",)
    sortable = ("amount_fen",)
    form = ("customer", "unit", "title", "amount_fen", "channel", "received_on")
    can_edit = can_delete = False
    moves = ("request_return", "give_back", "refuse_return")
    move_inputs = {"request_return": ("reason",)}

    def save(self, session: Session, record: Deposit | None, values: dict[str, Any]) -> Deposit:
        unit = queries.unit_with_community(session, values["unit_id"])
        if unit is None:
            raise Invalid.field("unit", _("请选择房号"))
        return deposits.receive(session, community_id=unit.community_id, **values)

    def make_move(self, session: Session, record: Deposit, name: str, values: dict[str, Any]) -> Deposit:
        match name:
            case "request_return":
                return deposits.request_return(session, record, values["reason"])
            case "refuse_return":
                return deposits.refuse_return(session, record)
        return deposits.give_back(session, record)


class CounterView(PageView):
    """收款台: a customer stands there and pays; choose the bills, take the money, hand over the receipt."""

    area, title, icon = "billing", "收款台", "fa-cash-register"
    route_base = "/billing/counter"
    default_view = "show"

    @page("/", action="edit")
    def show(self) -> Any:
        """The customer's open bills, ready to be ticked."""
        return self._page(_customer(request.args.get("customer", "")), {})

    @page("/receive", action="edit", methods=("POST",))
    def receive(self) -> Any:
        """Book what was taken; what was typed stays when something is wrong."""
        customer = _customer(request.form.get("customer", "")) or abort(404)
        try:
            with transaction():
                payment = self._receive(db.session(), customer)
                number = payment.id
        except DomainError as error:
            return self._page(customer, error.by_field()), 422
        flash(_("已收款并开具收据"), "success")
        return redirect(url_for("PaymentView.show", pk=number))

    def _receive(self, session: Session, customer: Customer) -> Payment:
        problems, form = [], request.form
        community = whole_number(form.get("community", ""))
        scope = rights.communities()
        if community is None or (scope is not None and community not in scope):
            problems.append(FieldError("community", _("请选择园区")))
        channel = form.get("channel", "")
        if channel not in COUNTER_CHANNELS:
            problems.append(FieldError("channel", _("请选择收款方式")))
        fen = _fen(form.get("amount", ""))
        if fen is None:
            problems.append(FieldError("amount_fen", _("请填写正确的收款金额，如 242.20")))
        try:
            paid_on = date.fromisoformat(form.get("paid_on", ""))
        except ValueError:
            problems.append(FieldError("paid_on", _("请填写收款日期")))
        prepay = "prepay" in form
        bill_ids = [number for text in form.getlist("bills") if (number := whole_number(text)) is not None]
        if not bill_ids and not prepay:
            problems.append(FieldError("bills", _("请勾选要缴的账单；预存款请勾选“存入预存款”")))
        if problems:
            raise Invalid(errors=problems)
        assert community is not None
        assert fen is not None
        return payments.receive(
            session,
            community_id=community,
            customer_id=customer.id,
            bill_ids=bill_ids,
            amount_fen=fen,
            channel=channel,
            paid_on=paid_on,
            cashier_id=current_user.id,
            note=form.get("note", "")[:200],
            prepay=prepay,
        )

    def _page(self, customer: Customer | None, problems: dict[str, str]) -> str:
        session = db.session()
        communities = queries.communities_of_customer(session, customer.id) if customer else []
        typed = request.form if request.method == "POST" else request.args
        chosen = whole_number(typed.get("community", "")) or (communities[0].id if communities else None)
        bills: list[Bill] = []
        if customer:
            query = in_scope(Bill).where(
                Bill.customer_id == customer.id, Bill.community_id == chosen, Bill.state.in_(OPEN)
            )
            bills = list(
                session.scalars(
                    query.order_by(Bill.due_on, Bill.id)
                    .options(selectinload(Bill.fee_item), selectinload(Bill.unit))
                    .limit(payments.MOST_BILLS)
                )
            )
        ticked = set(request.form.getlist("bills")) if request.method == "POST" else {str(bill.id) for bill in bills}
        return render_template(
            "billing/counter.html", customer=customer, communities=communities, chosen=chosen, bills=bills, yuan=yuan,
            ticked=ticked, channels=COUNTER_CHANNELS, problems=problems, today=clock.today(), typed=typed,
            prepaid=queries.prepaid(session, customer.id, chosen) if customer and chosen else 0,
        )  # fmt: skip


class StatementView(PageView):
    """客户账户: what was charged, paid, waived and refunded, with the balance after each."""

    area, title, icon = "billing", "客户账户", "fa-book"
    route_base = "/billing/statement"
    default_view = "show"

    @page("/")
    def show(self) -> Any:
        """The account of a customer in a time."""
        customer = _customer(request.args.get("customer", ""))
        asked = _asked()
        before, lines = queries.statement(db.session(), customer.id, asked) if customer else (0, [])
        return render_template(
            "billing/statement.html", customer=customer, asked=asked, before=yuan(before), lines=[
                (entry, KINDS[entry.kind], yuan(entry.amount_fen), yuan(change), yuan(balance))
                for entry, change, balance in lines
            ], may_export=rights.can(self.area, "export"), kept=request.args.to_dict(),
        )  # fmt: skip

    @page("/export", action="export", methods=("POST",))
    def export(self) -> Any:
        """The same as .xlsx."""
        customer = _customer(request.args.get("customer", "")) or abort(404)
        asked = _asked()
        before, lines = queries.statement(db.session(), customer.id, asked)
        rows: list[list[Any]] = [[asked.start, _("期初余额"), "", None, Decimal(before).scaleb(-2)]]
        rows += [
            [entry.booked_on, KINDS[entry.kind], str(entry.bill or ""), Decimal(change).scaleb(-2),
             Decimal(balance).scaleb(-2)]
            for entry, change, balance in lines
        ]  # fmt: skip
        name = customer.name
        db.session.rollback()
        with transaction():
            audit.record(db.session(), "export", "ledger_entry", {"customer_id": customer.id, "rows": len(rows)})
        header = [_("日期"), _("业务"), _("账单号"), _("增减（元）"), _("余额（元）")]
        return table_response(_("客户账户"), header, rows, _("客户账户-%(name)s", name=name))


def _customer(text: str) -> Customer | None:
    number = whole_number(text)
    if number is None:
        return None
    found = db.session.scalar(in_scope(Customer).where(Customer.id == number))
    return found if found is not None else abort(404)


def _fen(text: str) -> int | None:
    try:
        amount = Decimal(text.replace(",", "").replace("¥", "").strip())
    except InvalidOperation:
        return None
    exact = amount.is_finite() and 0 < amount <= MOST_FEN and amount == amount.quantize(Decimal("0.01"))
    return to_fen(amount) if exact else None


def _asked() -> Asked:
    today = clock.today()
    scope = rights.communities()
    try:
        start = date.fromisoformat(request.args.get("from") or f"{today.year}-01-01")
        end = date.fromisoformat(request.args.get("to") or f"{today}")
    except ValueError:
        start, end = today.replace(month=1, day=1), today
    return Asked(start, end, None if scope is None else list(scope))
