"""A park to look at: two office towers, a street of shops, flats and a car park."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy.orm import Session

from app.modules.estate.models import Building, Community, Unit

PARK = "粤海智谷产业园"
TOWER_A, TOWER_B, SHOPS, FLATS, PARKING = "A座 智谷大厦", "B座 云帆大厦", "智谷里商业街", "青年公寓", "地下停车场"

PUBLIC_PLACES = (
    (TOWER_A, 1, "A座大堂", "420.00"),
    (TOWER_A, 2, "共享会议中心", "380.50"),
    (TOWER_A, -1, "A座配电房", "65.00"),
    (TOWER_B, 1, "B座大堂", "360.00"),
    (TOWER_B, 1, "快递驿站", "48.20"),
    (SHOPS, 1, "中心广场", "1850.00"),
    (FLATS, 1, "公寓门厅", "96.00"),
    (PARKING, -1, "充电桩区", "240.00"),
)


def fill(session: Session) -> None:
    """Add the park with its buildings and units; the same each time."""
    park = Community(
        code="YHZG", name=PARK, address="广东省广州市黄埔区智谷大道 88 号", service_phone="020-80000088", active=True
    )
    session.add(park)
    session.flush()
    floors = {TOWER_A: 18, TOWER_B: 15, SHOPS: 2, FLATS: 12, PARKING: 1}
    buildings = {name: Building(community_id=park.id, name=name, floors=count) for name, count in floors.items()}
    session.add_all(buildings.values())
    session.flush()
    session.add_all(
        Unit(community_id=park.id, building_id=buildings[building].id, **values) for building, values in _units()
    )
    session.flush()


def _units() -> Iterator[tuple[str, dict[str, Any]]]:
    rng = Random(88)  # noqa: S311 (the same park each time, no secret)
    for building, first, last in ((TOWER_A, 3, 18), (TOWER_B, 2, 15)):
        plan = [Decimal(rng.randrange(6_800, 26_000, 5)) / 100 for _riser in range(6)]  # the same on every floor
        for floor in range(first, last + 1):
            for riser, area in enumerate(plan, start=1):
                yield building, _unit(f"{floor}{riser:02d}", floor, "office", area)
    for floor, count in ((1, 24), (2, 12)):
        for number in range(1, count + 1):
            area = Decimal(rng.randrange(2_800, 12_500, 10)) / 100
            yield SHOPS, _unit(f"商{floor}{number:02d}", floor, "shop", area)
    plan = [Decimal(rng.choice((3560, 3880, 4215, 5240, 6830))) / 100 for _riser in range(10)]
    for floor in range(2, 13):
        for riser, area in enumerate(plan, start=1):
            yield FLATS, _unit(f"{floor:02d}{riser:02d}", floor, "flat", area)
    for number in range(1, 91):
        yield PARKING, _unit(f"B1-{number:03d}", -1, "parking", Decimal("12.72"))
    for building, floor, name, area_text in PUBLIC_PLACES:
        yield building, _unit(name, floor, "public", Decimal(area_text))


def _unit(number: str, floor: int, kind: str, area: Decimal) -> dict[str, Any]:
    return {"number": number, "floor": floor, "kind": kind, "area_m2": area,
            "status": "own_use" if kind == "public" else "vacant"}  # fmt: skip
