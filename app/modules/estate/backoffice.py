"""Back office: communities, buildings, units."""

from typing import Any

from sqlalchemy.orm import Session

from app.core.backoffice import ModuleView
from app.modules.estate import operations, sheets
from app.modules.estate.models import Building, Community, Unit


class UnitView(ModuleView):
    """房屋/单元."""

    model, area, sheet = Unit, "estate", sheets.UNITS
    title, icon = "房屋/单元", "fa-door-open"
    columns = ("number", "building", "community", "floor", "kind", "area_m2", "status")
    filters = ("community", "building", "kind", "status", "floor")
    search = ("number",)
    order = ("id",)
    sortable = ("number", "floor", "area_m2", "created_at")
    form = ("building", "number", "floor", "kind", "area_m2", "status")
    described_with = ("building",)

    def describe(self, record: Unit) -> str:
        return f"{record.building.name} {record.number}"

    def save(self, session: Session, record: Unit | None, values: dict[str, Any]) -> Unit:
        return operations.save_unit(session, record, values)


class BuildingView(ModuleView):
    """楼栋."""

    model, area, sheet = Building, "estate", sheets.BUILDINGS
    title, icon = "楼栋", "fa-building"
    columns = ("name", "community", "floors", "created_at")
    filters = ("community",)
    search = ("name",)
    order = ("id",)
    sortable = ("name", "floors", "created_at")
    form = ("community", "name", "floors")
    related = ((UnitView, "building_id"),)


class CommunityView(ModuleView):
    """园区."""

    model, area, sheet = Community, "estate", sheets.COMMUNITIES
    title, icon = "园区", "fa-city"
    columns = ("code", "name", "address", "service_phone", "active")
    filters = ("active",)
    search = ("name", "code")
    order = ("id",)
    sortable = ("code", "name", "created_at")
    form = ("code", "name", "address", "service_phone", "active")
    related = ((BuildingView, "community_id"),)
