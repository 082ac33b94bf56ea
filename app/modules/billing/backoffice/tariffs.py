"""Back office: fee items, tariffs with their dated prices, and what they are charged for."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core import clock
from app.core.backoffice import Button, ModuleView, PageView, computed, page
from app.core.db import db, transaction, whole_number
from app.core.errors import DomainError, FieldError, Invalid
from app.modules.billing import tariff_sheets as sheets
from app.modules.billing.backoffice import choosing
from app.modules.billing.models import FeeItem, Meter, Tariff, TariffAssignment, TariffVersion
from app.modules.billing.models.catalogue import METHODS
from app.modules.billing.operations import tariffs
from app.modules.billing.operations.plan import METERED
from app.modules.estate.models import UNIT_KINDS

ROWS_OF_STEPS = tariffs.MOST_STEPS


class FeeItemView(ModuleView):
    """费用项."""

    model, area = FeeItem, "tariffs"
    title, icon = "费用项", "fa-tags"
    columns = ("name", "key", "position", "active")
    order = ("position", "id")
    form = ("name", "key", "position", "active")
    form_edit = ("name", "position", "active")


class VersionView(ModuleView):
    """价格版本: shown here and at its tariff; written with ``VersionPages``."""

    model, area = TariffVersion, "tariffs"
    title, icon, menu = "价格版本", "fa-clock-rotate-left", False
    columns = ("tariff", "valid_from", "valid_to", "prices", "due_days", "late", "vacant_percent")
    sections = (
        ("价格", ("tariff", "community", "valid_from", "valid_to", "prices", "vacant_percent")),
        ("到期与滞纳金", ("due_days", "late_rate", "grace_days", "late_cap_percent")),
    )
    filters = ("community", "tariff")
    order = ("-valid_from",)
    can_add = can_edit = False

    def describe(self, record: TariffVersion) -> str:
        return _("%(day)s 起的价格", day=record.valid_from)

    @computed("价格")
    def prices(self, _session: Session, records: list[TariffVersion]) -> dict[int, str]:
        return {version.id: _prices(version) for version in records}

    @computed("滞纳金")
    def late(self, _session: Session, records: list[TariffVersion]) -> dict[int, str]:
        return {
            v.id: _("每日 %(rate)s%%，上限 %(cap)s%%", rate=_plain(v.late_rate * 100), cap=v.late_cap_percent)
            if v.late_rate
            else _("不收")
            for v in records
        }

    def remove(self, session: Session, record: TariffVersion) -> None:
        tariffs.remove_version(session, record)

    def extra_buttons(self, record: TariffVersion) -> Iterable[Button]:
        yield Button(_("修改"), url_for("VersionPages.edit", pk=record.id), "fa-pen", "edit")


class AssignmentView(ModuleView):
    """收费对象: which unit is charged by which tariff, and who pays."""

    model, area, sheet = TariffAssignment, "tariffs", sheets.ASSIGNMENTS
    title, icon = "收费对象", "fa-link"
    columns = ("unit", "tariff", "payer", "customer", "meter", "count", "starts_on", "ends_on")
    filters = ("community", "tariff", "unit", "payer", "customer")
    order = ("-id",)
    form = ("tariff", "unit", "payer", "customer", "meter", "count", "starts_on", "ends_on")

    def describe(self, record: TariffAssignment) -> str:
        return _("收费对象 %(id)s", id=record.id)

    def choice_filter(self, name: str) -> Any:
        return {"tariff": Tariff.active.is_(True), "meter": Meter.active.is_(True)}.get(name)

    def save(self, session: Session, record: TariffAssignment | None, values: dict[str, Any]) -> TariffAssignment:
        return tariffs.save_assignment(session, record, values)

    def remove(self, session: Session, record: TariffAssignment) -> None:
        tariffs.remove_assignment(session, record)

    def list_buttons(self) -> Iterable[Button]:
        yield Button(_("批量设置"), url_for("AssignPages.show"), "fa-layer-group", "edit")


class TariffView(ModuleView):
    """收费标准."""

    model, area = Tariff, "tariffs"
    title, icon = "收费标准", "fa-scale-balanced"
    columns = ("name", "fee_item", "community", "method", "cycle", "price_now", "active")
    filters = ("community", "fee_item", "method", "active")
    search = ("name",)
    order = ("id",)
    form = ("community", "fee_item", "name", "method", "cycle", "active")
    related = ((VersionView, "tariff_id"),)

    @computed("现行价格")
    def price_now(self, session: Session, records: list[Tariff]) -> dict[int, str]:
        return {v.tariff_id: _prices(v) for v in tariffs.versions_on(session, [t.id for t in records], clock.today())}

    def save(self, session: Session, record: Tariff | None, values: dict[str, Any]) -> Tariff:
        return tariffs.save_tariff(session, record, values)

    def extra_buttons(self, record: Tariff) -> Iterable[Button]:
        yield Button(_("新增价格版本"), url_for("VersionPages.add", pk=record.id), "fa-plus", "edit")
        yield Button(_("批量设置收费对象"), url_for("AssignPages.show", tariff=record.id), "fa-layer-group", "edit")
        yield Button(_("收费对象"), url_for("AssignmentView.list", tariff=record.id), "fa-link")


class VersionPages(PageView):
    """The form of a tariff's prices, with a row for each step."""

    area, title, menu = "tariffs", "价格版本", False
    route_base = "/billing/prices"

    @page("/new/<int:pk>", action="edit", methods=("GET", "POST"))
    def add(self, pk: int) -> Any:
        """A new version of a tariff."""
        return self._form(choosing.one(db.session(), Tariff, str(pk)) or abort(404), None)

    @page("/<int:pk>", action="edit", methods=("GET", "POST"))
    def edit(self, pk: int) -> Any:
        """A version that no bill was made of."""
        version = choosing.one(db.session(), TariffVersion, str(pk)) or abort(404)
        return self._form(db.session.get_one(Tariff, version.tariff_id), version)

    def _form(self, tariff: Tariff, version: TariffVersion | None) -> Any:
        problems: dict[str, str] = {}
        status = 200
        tariff_id, version_id = tariff.id, version.id if version else None
        if request.method == "POST":
            try:
                with transaction():
                    session = db.session()
                    values, tariff = _typed_version(), session.get_one(Tariff, tariff_id)
                    if version_id is None:
                        tariffs.add_version(session, tariff, values)
                    else:
                        tariffs.change_version(session, session.get_one(TariffVersion, version_id), tariff, values)
                flash(_("价格已保存"), "success")
                return redirect(url_for("TariffView.show", pk=tariff_id))
            except DomainError as error:
                problems, status = error.by_field(), 422 if isinstance(error, Invalid) else error.status
                tariff = db.session.get_one(Tariff, tariff_id)
                version = db.session.get(TariffVersion, version_id) if version_id else None
        shown = request.form if request.method == "POST" else _shown_version(version)
        steps = [(shown.get(f"upto{n}", ""), shown.get(f"price{n}", "")) for n in range(ROWS_OF_STEPS)]
        return render_template(
            "billing/version.html", tariff=tariff, version=version, typed=shown, steps=steps, problems=problems,
            metered=tariff.method == METERED, method=METHODS[tariff.method],
        ), status  # fmt: skip


class AssignPages(PageView):
    """批量设置: all units of a building and kind are charged by a tariff from a day on."""

    area, title, menu = "tariffs", "批量设置收费对象", False
    route_base = "/billing/assign"
    default_view = "show"

    @page("/", action="edit", methods=("GET", "POST"))
    def show(self) -> Any:
        """Choose, see how many, make it so."""
        session, typed = db.session(), request.values
        tariff = choosing.one(session, Tariff, typed.get("tariff"))
        problems: dict[str, str] = {}
        status = 200
        if request.method == "POST":
            try:
                with transaction():
                    count = self._assign(db.session(), typed)
                flash(_("已为 %(count)s 个房号设置收费标准", count=count), "success" if count else "warning")
                return redirect(url_for("AssignmentView.list", tariff=typed.get("tariff")))
            except DomainError as error:
                problems, status = error.by_field(), error.status
                tariff = choosing.one(db.session(), Tariff, typed.get("tariff"))
        return render_template(
            "billing/assign.html", tariff=tariff, typed=typed, problems=problems, kinds=UNIT_KINDS,
            buildings=choosing.buildings(db.session(), tariff.community_id if tariff else None), today=clock.today(),
        ), status  # fmt: skip

    def _assign(self, session: Session, typed: Any) -> int:
        tariff = choosing.one(session, Tariff, typed.get("tariff"))
        starts_on = choosing.day(typed.get("starts_on"))
        count = whole_number(typed.get("count") or "1")
        building_id = whole_number(typed.get("building"))
        known = [building.id for building in choosing.buildings(session, tariff.community_id if tariff else None)]
        wrong = {
            "tariff": tariff is None and _("请选择收费标准"),
            "starts_on": starts_on is None and _("请填写开始日期"),
            "count": (count is None or not 1 <= count <= tariffs.MOST_COUNT) and _("数量应为 1 至 10,000"),
            "building": building_id is not None and building_id not in known and _("请选择楼栋"),
            "kind": typed.get("kind", "") not in ("", *UNIT_KINDS) and _("请选择房屋类型"),
        }
        if problems := [FieldError(name, words) for name, words in wrong.items() if words]:
            raise Invalid(errors=problems)
        assert tariff is not None
        assert starts_on is not None
        assert count is not None
        return tariffs.assign_many(
            session, tariff, starts_on=starts_on, building_id=building_id, kind=typed.get("kind", ""), count=count
        )


def _typed_version() -> dict[str, Any]:
    """The form as the operation takes it. Raises Invalid for what cannot be read."""
    form, problems = request.form, []
    values: dict[str, Any] = {"valid_from": choosing.day(form.get("valid_from"))}
    for name, places in (("unit_price", 4), ("late_percent", 4)):
        value = choosing.decimal(form.get(name) or "0")
        if value is None or value != round(value, places):
            problems.append(FieldError(name, _("请填写数字，最多 %(places)s 位小数", places=places)))
        values[name] = value or Decimal(0)
    values["late_rate"] = values.pop("late_percent") / 100
    for name in ("due_days", "grace_days", "late_cap_percent", "vacant_percent"):
        whole = whole_number(form.get(name) or "0")
        if whole is None or whole > 10_000:
            problems.append(FieldError(name, _("请填写整数")))
        values[name] = whole or 0
    steps = []
    for n in range(ROWS_OF_STEPS):
        upto, price = form.get(f"upto{n}", "").strip(), form.get(f"price{n}", "").strip()
        if not upto and not price:
            continue
        limit, cost = choosing.decimal(upto), choosing.decimal(price)
        if cost is None or cost != round(cost, 4) or (upto and limit is None):
            problems.append(FieldError("steps", _("第 %(n)s 档的上限或单价不是有效的数字", n=n + 1)))
            continue
        steps.append({"upto": f"{limit:f}", "price": f"{cost:f}"} if upto else {"price": f"{cost:f}"})
    if problems:
        raise Invalid(errors=problems)
    return {**values, "steps": steps}


def _shown_version(version: TariffVersion | None) -> dict[str, str]:
    if version is None:
        return {"due_days": "15", "grace_days": "0", "late_cap_percent": "100", "vacant_percent": "100"}
    shown = {
        "valid_from": str(version.valid_from),
        "unit_price": _plain(version.unit_price),
        "late_percent": _plain(version.late_rate * 100),
    }
    for name in ("due_days", "grace_days", "late_cap_percent", "vacant_percent"):
        shown[name] = str(getattr(version, name))
    for n, step in enumerate(version.steps):
        shown[f"upto{n}"], shown[f"price{n}"] = step.get("upto", ""), step["price"]
    return shown


def _prices(version: TariffVersion) -> str:
    """¥2.80, or the steps: 0–180 ¥0.59；180–350 ¥0.64；350 以上 ¥0.89."""
    if not version.steps:
        return f"¥{_plain(version.unit_price, 2)}"
    low, parts = "0", []
    for step in version.steps:
        upto = step.get("upto")
        span = f"{low}–{upto}" if upto else _("%(low)s 以上", low=low)
        parts.append(f"{span} ¥{_plain(Decimal(step['price']), 2)}")
        low = upto or low
    return "；".join(parts)


def _plain(value: Decimal, places: int = 0) -> str:
    exact = value.normalize()
    return f"{exact:.{max(places, -int(exact.as_tuple().exponent))}f}"
