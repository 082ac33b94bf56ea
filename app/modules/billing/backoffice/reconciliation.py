"""Back office: a channel's days beside ours, what differs, and fetching a day's bill by hand."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import clock, rights
from app.core.backoffice import Button, ModuleView, PageView, page
from app.core.db import db, transaction
from app.core.errors import DomainError, Forbidden, Invalid, TooLarge
from app.modules.billing import connections
from app.modules.billing.channels import StatementRow
from app.modules.billing.models import Reconciliation, ReconciliationDifference
from app.modules.billing.models.money import WECHAT
from app.modules.billing.operations import reconciliation

MOST_BYTES = 20 * 1024 * 1024
FURTHEST = timedelta(days=89)
"""The channel keeps its bills for three months."""


class DifferenceView(ModuleView):
    """对账差异: what the two books say differently, worked off with a note."""

    model, area = ReconciliationDifference, "reconciliation"
    title, icon = "对账差异", "fa-not-equal"
    columns = ("reconciliation", "kind", "reference", "payment", "channel_fen", "our_fen", "detail", "state")
    filters = ("kind", "state", "reconciliation", "created_at")
    search = ("reference",)
    order = ("-id",)
    readonly = True
    moves = ("resolve",)
    move_inputs = {"resolve": ("resolution",)}
    tones = {"open": "red", "resolved": "green"}

    def describe(self, record: ReconciliationDifference) -> str:
        return record.reference

    def make_move(
        self, session: Session, record: ReconciliationDifference, name: str, values: dict[str, Any]
    ) -> ReconciliationDifference:
        return reconciliation.resolve(session, record, values["resolution"])


class ReconciliationView(ModuleView):
    """对账: each day with the totals of both sides."""

    model, area = Reconciliation, "reconciliation"
    title, icon = "渠道对账", "fa-scale-balanced"
    columns = ("day", "channel", "channel_count", "channel_fen", "our_count", "our_fen", "state", "fetched_at")
    filters = ("channel", "state", "day")
    order = ("-day",)
    sortable = ("day",)
    readonly = True
    related = ((DifferenceView, "reconciliation_id"),)
    tones = {"fetching": "grey", "equal": "green", "different": "red", "worked_off": "blue"}

    def list_buttons(self) -> Iterable[Button]:
        yield Button(_("获取对账单"), url_for("FetchView.show"), "fa-cloud-arrow-down", "edit")

    def extra_buttons(self, record: Reconciliation) -> Iterable[Button]:
        if record.channel == WECHAT:
            yield Button(_("重新获取"), url_for("FetchView.show", day=record.day), "fa-rotate", "edit")


class FetchView(PageView):
    """Fetch a day's bill now, or read the file that somebody downloaded while the channel is away."""

    area, title, icon = "reconciliation", "获取对账单", "fa-cloud-arrow-down"
    menu = False
    route_base = "/billing/reconciliation-fetch"
    default_view = "show"

    @page("/", action="edit")
    def show(self) -> Any:
        """Which day, and how."""
        return self._page({})

    @page("/fetch", action="edit", methods=("POST",))
    def fetch(self) -> Any:
        """Ask the channel and compare."""
        return self._run(lambda day: connections.channel().daily_bill(day))

    @page("/upload", action="edit", methods=("POST",))
    def upload(self) -> Any:
        """Compare with a file."""
        return self._run(lambda _day: connections.channel().read_bill(_file()))

    def _run(self, rows_of: Any) -> Any:
        try:
            if rights.communities() is not None:
                raise Forbidden(_("对账涉及整个公司的收款账户，您的数据范围不包括全部园区"))
            day = _day()
            db.session.rollback()  # the channel takes its time: no transaction is open meanwhile
            rows: list[StatementRow] = rows_of(day)
            with transaction():
                entry = reconciliation.compare(db.session(), WECHAT, day, rows)
                number = entry.id
        except DomainError as error:
            return self._page(error.by_field()), error.status
        flash(_("已完成 %(day)s 的对账", day=day), "success")
        return redirect(url_for("ReconciliationView.show", pk=number))

    def _page(self, problems: dict[str, str]) -> str:
        yesterday = clock.today() - timedelta(days=1)
        typed = request.form if request.method == "POST" else request.args
        return render_template(
            "billing/reconciliation_fetch.html", problems=problems, day=typed.get("day") or yesterday,
            first=clock.today() - FURTHEST, last=yesterday,
        )  # fmt: skip


def _day() -> date:
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        raise Invalid.field("day", _("请选择日期")) from None
    if not clock.today() - FURTHEST <= day < clock.today():
        raise Invalid.field("day", _("请选择昨天或更早、三个月以内的日期"))
    return day


def _file() -> bytes:
    if (request.content_length or 0) > MOST_BYTES:
        raise TooLarge(_("文件超过 20 MB"))
    given = request.files.get("file")
    content = given.read(MOST_BYTES) if given else b""
    if not content:
        raise Invalid.field("file", _("请选择对账单文件"))
    return content
