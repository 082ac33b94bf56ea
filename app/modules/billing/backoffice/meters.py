"""Back office: meters, their readings, and the page on which a building's meters are read in one go."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app.core import clock
from app.core.backoffice import Button, ModuleView, PageView, computed, page
from app.core.backoffice.cells import Cell
from app.core.backoffice.screens import in_scope
from app.core.db import db, transaction, whole_number
from app.core.errors import DomainError
from app.modules.billing import tariff_sheets as sheets
from app.modules.billing.backoffice import choosing
from app.modules.billing.models import Meter, MeterReading
from app.modules.billing.models.catalogue import FLAGS, METER_KINDS
from app.modules.billing.operations import readings
from app.modules.estate.models import Unit

MOST_METERS = 600
"""On the entry page: one building's, of one kind."""


class ReadingView(ModuleView):
    """抄表记录: what looks wrong is confirmed here before it is billed."""

    model, area, sheet = MeterReading, "tariffs", sheets.READINGS
    title, icon = "抄表记录", "fa-gauge-high"
    columns = ("meter", "place", "read_on", "value", "source", "flag", "note")
    filters = ("community", "meter", "read_on", "flag", "source")
    order = ("-read_on", "-id")
    sortable = ("read_on",)
    form = ("meter", "read_on", "value", "note")
    tones = {"backwards": "red", "doubled": "amber", "confirmed": "green"}
    form_edit = ("value", "note")

    def describe(self, record: MeterReading) -> str:
        return _("抄表记录 %(id)s", id=record.id)

    def choice_filter(self, name: str) -> Any:
        return Meter.active.is_(True) if name == "meter" else None

    @computed("位置")
    def place(self, session: Session, records: list[MeterReading]) -> dict[int, str]:
        query = (
            select(MeterReading.id, Unit)
            .join(Meter, Meter.id == MeterReading.meter_id)
            .join(Unit, Unit.id == Meter.unit_id)
            .where(MeterReading.id.in_([record.id for record in records]))
            .options(selectinload(Unit.building))
        )
        return {number: f"{unit.building.name} {unit.number}" for number, unit in session.execute(query)}

    def save(self, session: Session, record: MeterReading | None, values: dict[str, Any]) -> MeterReading:
        meter = session.get_one(Meter, record.meter_id if record else values["meter_id"])
        read_on = record.read_on if record else values["read_on"]
        return readings.enter(session, meter, read_on, values["value"], note=values["note"])

    def remove(self, session: Session, record: MeterReading) -> None:
        readings.remove(session, record)

    def extra_buttons(self, record: MeterReading) -> Iterable[Button]:
        if record.flag in readings.FLAGGED:
            yield Button(_("核实"), self.url("confirm", pk=record.id), "fa-check", "edit")

    def list_buttons(self) -> Iterable[Button]:
        yield Button(_("快速抄表"), url_for("EntryView.show"), "fa-keyboard", "edit")

    @page("/<int:pk>/confirm", action="edit", methods=("GET", "POST"))
    def confirm(self, pk: int) -> Any:
        """Say why a flagged reading is right."""
        session = db.session()
        record, problems = self.find(session, pk), {}
        if request.method == "POST":
            try:
                with transaction():
                    readings.confirm(session, self.find(session, pk, lock=True), request.form.get("note", ""))
                flash(_("已核实，可以出账"), "success")
                return redirect(self.url("show", pk=pk))
            except DomainError as error:
                record, problems = self.find(session, pk), error.by_field()
        known = readings.last_known(session, [record.meter_id], record.read_on, 3).get(record.meter_id, [])
        return self.render(
            "billing/confirm_reading.html", 422 if problems else 200, record=record, problems=problems, known=known,
            typed=request.form, flags=FLAGS,
        )  # fmt: skip


class MeterView(ModuleView):
    """表计."""

    model, area, sheet = Meter, "tariffs", sheets.METERS
    title, icon = "表计", "fa-gauge"
    columns = ("number", "kind", "unit", "community", "multiplier", "last", "active")
    filters = ("community", "unit", "kind", "active")
    search = ("number",)
    order = ("id",)
    form = ("unit", "kind", "number", "multiplier", "active")
    related = ((ReadingView, "meter_id"),)

    @computed("最近读数")
    def last(self, session: Session, records: list[Meter]) -> dict[int, Cell]:
        known = readings.last_known(session, [meter.id for meter in records], clock.today(), 1)
        return {meter_id: Cell(f"{items[0].value:f}（{items[0].read_on}）") for meter_id, items in known.items()}

    def save(self, session: Session, record: Meter | None, values: dict[str, Any]) -> Meter:
        unit = session.get_one(Unit, values["unit_id"])
        return readings.save_meter(session, record, values, unit.community_id)

    def list_buttons(self) -> Iterable[Button]:
        yield Button(_("快速抄表"), url_for("EntryView.show"), "fa-keyboard", "edit")


class EntryView(PageView):
    """快速抄表: a building's meters below each other with the last reading; type the new ones and save them at once."""

    area, title, icon = "tariffs", "快速抄表", "fa-keyboard"
    route_base = "/billing/entry"
    default_view = "show"

    @page("/", action="edit", methods=("GET", "POST"))
    def show(self) -> Any:
        """Those that hold are kept, also when others do not; what was typed wrong stays to be corrected."""
        problems: dict[int, str] = {}
        if request.method == "POST":
            meters, read_on = self._meters(db.session()), choosing.day(request.form.get("read_on"))
            if read_on is None:
                flash(_("请填写抄表日期"), "warning")
            else:
                ids = [meter.id for meter in meters]
                db.session.rollback()
                with transaction():
                    saved = self._save(db.session(), ids, read_on, problems)
                if saved:
                    flash(_("已保存 %(count)s 个读数", count=saved), "success")
                if problems:
                    flash(_("%(count)s 个读数有误，未保存", count=len(problems)), "warning")
        session = db.session()
        meters, read_on = self._meters(session), choosing.day(request.values.get("read_on")) or clock.today()
        community = whole_number(request.values.get("community"))
        communities = choosing.communities(session)
        if community is None and len(communities) == 1:
            community = communities[0].id
        ids = [meter.id for meter in meters]
        known, flagged = readings.last_known(session, ids, read_on), readings.unconfirmed(session, ids, read_on)
        typed = {meter.id: request.form.get(f"value{meter.id}", "") for meter in meters if meter.id in problems}
        return render_template(
            "billing/entry.html", meters=meters, known=known, typed=typed, problems=problems, flagged=flagged,
            read_on=read_on, today=clock.today(), communities=communities, community=community,
            buildings=choosing.buildings(session, community), building=whole_number(request.values.get("building")),
            kind=request.values.get("kind", "electricity"), kinds=METER_KINDS, flags=FLAGS, most=MOST_METERS,
        ), 422 if problems else 200  # fmt: skip

    def _meters(self, session: Session) -> list[Meter]:
        building, kind = whole_number(request.values.get("building")), request.values.get("kind", "electricity")
        query = (
            in_scope(Meter)
            .join(Unit, Unit.id == Meter.unit_id)
            .where(Unit.building_id == building, Meter.kind == kind, Meter.active.is_(True))
            .order_by(Unit.floor, Unit.number, Meter.id)
            .options(selectinload(Meter.unit))
            .limit(MOST_METERS)
        )
        return list(session.scalars(query)) if building is not None else []

    def _save(self, session: Session, ids: list[int], read_on: date, problems: dict[int, str]) -> int:
        """Enter what was typed; says how many hold, and which were wrong, by meter."""
        saved = 0
        typed = {number: text for number in ids if (text := request.form.get(f"value{number}", "").strip())}
        meters = {meter.id: meter for meter in session.scalars(select(Meter).where(Meter.id.in_(typed)))}
        for number, text in typed.items():
            value = choosing.decimal(text)
            if value is None:
                problems[number] = _("请填写数字")
                continue
            try:
                readings.enter(session, meters[number], read_on, value)
            except DomainError as error:
                problems[number] = "；".join(error.by_field().values())
                continue
            saved += 1
        return saved
