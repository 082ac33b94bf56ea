"""Import and export of offers; export of applications and leases (L5)."""

from typing import Any

from sqlalchemy import case, select

from app.core.sheets import Amount, Choice, Code, Date, Decimal, Lookup, Sheet, Text
from app.core.sheets.richtext import Words
from app.modules.estate.models import Building, Unit
from app.modules.estate.sheets import community_column
from app.modules.leasing.models import Lease, LeaseApplication, Listing
from app.modules.members import identity_numbers
from app.modules.members.models import Customer


def _of_listing(column: Any) -> Any:
    return select(column).where(Listing.id == LeaseApplication.listing_id).correlate(LeaseApplication).scalar_subquery()


def _of_lease(column: Any) -> Any:
    joined = select(column).select_from(Unit).join(Building, Building.id == Unit.building_id)
    return joined.where(Unit.id == Lease.unit_id).correlate(Lease).scalar_subquery()


def _state_text() -> Any:
    return case(Listing.flow.states, value=Listing.state)


LISTINGS = Sheet(
    Listing,
    key=("community_id", "title"),
    area="listings",
    columns=[
        community_column(),
        Text("title", example="智谷里商业街临街商铺", note="同一园区内不重复"),
        Choice("kind"),
        Words("content", note="详细介绍，每行一段"),
        Amount("price_fen", "价格（元）", minimum=0, example="85.00", note="面议的留空"),
        Choice("price_unit"),
        Decimal("area_m2", minimum=0, example="68.50"),
        Text("period", example="一年起租"),
        Date("available_on"),
        Text("location", example="商业街一层 商108"),
        Text("contact_name", example="招商部"),
        Text("contact_phone", example="020-80000066"),
        Text("state_text", "状态", extra=True, note="仅导出；新导入的为草稿", source=_state_text),
    ],
)

APPLICATIONS = Sheet(
    LeaseApplication,
    key=("community_id", "name", "phone"),
    area="lease_applications",
    columns=[
        community_column(),
        Text("listing_title", "场地信息", extra=True, source=lambda: _of_listing(Listing.title)),
        Text("name"),
        Code("phone", check=identity_numbers.mobile_number),
        Text("message"),
        Choice("state"),
        Text("reason"),
        Date("created_at"),
        Date("decided_at"),
    ],
)
"""Export only: not listed among the module's imports."""

LEASES = Sheet(
    Lease,
    key=("community_id", "subject", "starts_on"),
    area="lease_applications",
    columns=[
        community_column(),
        Text("subject"),
        Text("building", "楼栋", extra=True, source=lambda: _of_lease(Building.name)),
        Text("unit", "房号", extra=True, source=lambda: _of_lease(Unit.number)),
        Lookup("customer_id", "客户", Customer, by=("name",)),
        Date("starts_on"),
        Date("ends_on"),
        Amount("rent_fen", "月租金（元）"),
    ],
)
"""Export only: a lease brings an occupancy along, which its form makes."""
