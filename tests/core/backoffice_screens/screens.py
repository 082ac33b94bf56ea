"""Screens of the tests: over real records, at addresses of their own, with everything a declaration can say."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.backoffice import ModuleView, bulk, computed
from app.core.errors import Conflict, Invalid
from app.core.module import Purpose
from app.modules.estate.models import Building, Community, Unit
from app.modules.members.models import Certification, Customer, Technician

PICTURES = Purpose("try_pictures", "测试图片", area="estate")


class TryUnitView(ModuleView):
    """Units, with every kind of filter."""

    model, area, route_base = Unit, "estate", "/try/unit"
    columns = ("number", "community", "building", "floor", "kind", "area_m2", "status", "created_at")
    filters = ("community", "building", "kind", "status", "floor", "area_m2", "created_at", "number")
    search = ("number",)
    sortable = ("number", "floor", "area_m2", "created_at")
    form = ("building", "number", "floor", "kind", "area_m2", "status")
    described_with = ("building",)

    def describe(self, record: Unit) -> str:
        return f"{record.building.name} {record.number}"

    def save(self, session: Session, record: Unit | None, values: dict[str, Any]) -> Unit:
        if record is None:
            community_id = session.scalar(select(Building.community_id).where(Building.id == values["building_id"]))
            return super().save(session, None, {**values, "community_id": community_id})
        if values["number"] == "禁用":
            raise Invalid.field("number", "房号不能为“禁用”")
        return super().save(session, record, values)

    @bulk("标为空置", confirm="这些房屋将显示为空置。")
    def vacate(self, _session: Session, units: Sequence[Unit], _staff_id: int) -> None:
        for unit in units:
            unit.status = "vacant"
            if unit.number == "坏":
                raise ZeroDivisionError(unit.number)
            if unit.number == "禁":
                raise Conflict("这套房屋已签约，不能标为空置")


class TryBuildingView(ModuleView):
    """Buildings, with how many units each has."""

    model, area, route_base = Building, "estate", "/try/building"
    columns = ("name", "community", "floors", "unit_count")
    filters = ("community",)
    search = ("name",)
    sortable = ("name", "floors")
    form = ("community", "name", "floors")
    related = ((TryUnitView, "building_id"),)

    @computed("房屋数", numeric=True)
    def unit_count(self, session: Session, records: list[Building]) -> Mapping[int, Any]:
        ids = [record.id for record in records]
        query = select(Unit.building_id, func.count()).where(Unit.building_id.in_(ids)).group_by(Unit.building_id)
        return {row[0]: row[1] for row in session.execute(query)}


class TryCommunityView(ModuleView):
    """Communities: those in use only."""

    model, area, route_base = Community, "estate", "/try/community"
    columns = ("code", "name", "address", "active")
    search = ("name", "code")
    sortable = ("name",)
    form = ("code", "name", "address", "service_phone", "active")
    images, images_most = PICTURES.key, 3
    related = ((TryBuildingView, "community_id"),)

    def base_filter(self) -> Any:
        return Community.name != "隐藏园区"


class TryCustomerView(ModuleView):
    """Customers: personal and sensitive columns."""

    model, area, route_base = Customer, "customers", "/try/customer"
    columns = ("name", "kind", "phone", "id_number", "active")
    filters = ("kind", "active", "phone")
    search = ("name", "phone_tail", "phone_index", "id_number")
    sortable = ("name", "created_at")
    form = ("kind", "name", "contact_name", "phone", "id_number", "active", "note")


class TryTechnicianView(ModuleView):
    """Technicians: a column of several choices, a relationship that may be empty, and no deleting."""

    model, area, route_base = Technician, "technicians", "/try/technician"
    columns = ("name", "phone", "trades", "community", "on_duty")
    filters = ("trades", "on_duty", "community")
    sortable = ("community_id",)
    form = ("name", "phone", "trades", "community", "on_duty")
    can_delete = False


class TryCertificationView(ModuleView):
    """Certifications: moves, one with an input."""

    model, area, route_base = Certification, "certification", "/try/certification"
    columns = ("name", "kind", "state", "phone")
    filters = ("state",)
    moves = ("approve", "reject")
    move_inputs = {"reject": ("reason",)}
    readonly = True


VIEWS = (TryUnitView, TryBuildingView, TryCommunityView, TryCustomerView, TryTechnicianView, TryCertificationView)
