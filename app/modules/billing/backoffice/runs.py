"""Back office: bill runs — choose, look at what would be made, make it, take it back."""

from collections.abc import Iterable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock, rights
from app.core.backoffice import Button, ModuleView, PageView, computed, page
from app.core.db import db, transaction, whole_number, yuan
from app.core.errors import DomainError, Invalid
from app.modules.billing.backoffice import choosing
from app.modules.billing.models import BillRun, FeeItem
from app.modules.billing.models.bills import ISSUING
from app.modules.billing.operations import run_preview, runs
from app.modules.billing.operations.plan import Scope
from app.modules.estate.models import Building, Community


class RunView(ModuleView):
    """出账批次."""

    model, area = BillRun, "tariffs"
    title, icon = "出账批次", "fa-file-circle-check"
    columns = ("id", "period", "community", "building", "fee_item", "bills", "amount_fen", "progress", "state",
               "issued_at")  # fmt: skip
    sections = (("出账", ("community", "building", "fee_item", "period", "state", "progress", "bills", "amount_fen",
                        "issued_at", "issued_by")),)  # fmt: skip
    filters = ("community", "building", "fee_item", "period", "state")
    order = ("-id",)
    readonly = True
    moves = ("cancel",)
    tones = {"issuing": "amber", "issued": "green", "cancelled": "grey"}

    def describe(self, record: BillRun) -> str:
        return _("%(period)s 第 %(id)s 批", period=record.period, id=record.id)

    @computed("进度")
    def progress(self, _session: Session, records: list[BillRun]) -> dict[int, str]:
        return {
            run.id: f"{run.steps_done}/{run.steps}" if run.state == ISSUING else _("完成") if run.steps_done else "—"
            for run in records
        }

    def move_question(self, record: BillRun, name: str) -> str:
        return _(
            "本批次的 %(count)s 张账单（合计 %(total)s）全部作废，不能恢复；其中有账单已缴费或已减免时会拒绝。",
            count=record.bills,
            total=yuan(record.amount_fen),
        )

    def make_move(self, session: Session, record: BillRun, name: str, values: dict[str, Any]) -> BillRun:
        return runs.cancel(session, record)

    def list_buttons(self) -> Iterable[Button]:
        yield Button(_("出账"), url_for("RunPages.show"), "fa-play", "view")

    def extra_buttons(self, record: BillRun) -> Iterable[Button]:
        yield Button(_("本批账单"), url_for("BillView.list", run=record.id), "fa-file-invoice")


class RunPages(PageView):
    """出账: scope and period, then what would be charged, then the bills."""

    area, title, icon = "tariffs", "出账", "fa-play"
    route_base = "/billing/issue"
    default_view = "show"

    @page("/")
    def show(self) -> Any:
        """The choice, and with one made its preview."""
        session, typed = db.session(), request.args
        problems: dict[str, str] = {}
        preview = None
        if typed.get("period"):
            try:
                preview = run_preview.preview(session, _scope(session))
            except DomainError as error:
                problems = error.by_field()
        return self._page(problems, preview)

    @page("/", action="approve", methods=("POST",))
    def issue(self) -> Any:
        """Make the bills that the preview told of; big runs go on in the background."""
        try:
            with transaction():
                run = runs.start(db.session(), _scope(db.session()), current_user.id)
                number, state, bills, fen = run.id, run.state, run.bills, run.amount_fen
        except DomainError as error:
            return self._page(error.by_field(), None), error.status
        if state == ISSUING:
            flash(_("已开始在后台出账，可在本页查看进度"), "success")
        else:
            flash(_("已生成 %(count)s 张账单，合计 %(amount)s", count=bills, amount=yuan(fen)), "success")
        return redirect(url_for("RunView.show", pk=number))

    def _page(self, problems: dict[str, str], preview: run_preview.Preview | None) -> str:
        session, typed = db.session(), request.values
        communities = choosing.communities(session)
        community = whole_number(typed.get("community")) or (communities[0].id if len(communities) == 1 else None)
        return render_template(
            "billing/run.html", problems=problems, preview=preview, communities=communities, community=community,
            buildings=choosing.buildings(session, community), building=whole_number(typed.get("building")),
            fees=list(session.scalars(select(FeeItem).where(FeeItem.active.is_(True)).order_by(FeeItem.position))),
            fee=whole_number(typed.get("fee")), period=typed.get("period") or f"{clock.today():%Y-%m}",
            may_issue=rights.can(self.area, "approve"), reasons=run_preview.REASONS, yuan=yuan,
            unusual_percent=run_preview.UNUSUAL_PERCENT,
        )  # fmt: skip


def _scope(session: Session) -> Scope:
    """What the address or form asks for. Raises Invalid for a community, building or fee that is none."""
    typed = request.values
    community = choosing.one(session, Community, typed.get("community"))
    if community is None:
        raise Invalid.field("community", _("请选择园区"))
    building = choosing.one(session, Building, typed.get("building"))
    if typed.get("building") and (building is None or building.community_id != community.id):
        raise Invalid.field("building", _("请选择该园区的楼栋"))
    fee = whole_number(typed.get("fee"))
    if typed.get("fee") and session.get(FeeItem, fee or 0) is None:
        raise Invalid.field("fee", _("请选择费用项"))
    return Scope(community.id, typed.get("period", ""), building.id if building else None, fee)
