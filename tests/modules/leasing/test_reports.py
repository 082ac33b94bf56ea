"""The figures of promotion and leasing against cases counted by hand (L5)."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.core import clock
from app.core.reports import Asked
from app.modules.leasing import operations
from app.modules.leasing.models import Lease, ListingDay
from app.modules.leasing.reports import expiring, leasing, promotion
from tests.conftest import Browse, Store
from tests.factories import make_building, make_community, make_customer, make_member, make_occupancy, make_unit
from tests.modules.leasing.factories import make_application, make_listing

TODAY = date(2026, 11, 23)


def at(day: int, hour: int = 12, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=clock.SHANGHAI)


def asked(by: str, start: date = date(2026, 11, 1), end: date = TODAY, communities: list[int] | None = None) -> Asked:
    return Asked(start, end, communities, by)


def looked(session: Session, listing_id: int, day: date, views: int, inquiries: int) -> None:
    session.add(ListingDay(listing_id=listing_id, day=day, views=views, inquiries=inquiries))


def make_lease(session: Session, **values: Any) -> Lease:
    return operations.save_lease(session, None, {"subject": "", **values})


@pytest.mark.req("L5")
def test_promotion_from_view_to_lease(store: Store) -> None:
    """Two shops and a parking place in one park, a shop in another.

    Shop A: published 2 Nov, leased 12 Nov (10 days); 40 + 60 views, 10 + 10 inquiries; 4 applications, 1 signed.
    Shop B: published 30 Oct (before), leased 4 Nov 12:00 + 5 days = 5 days; no views in November, 99 in October.
    Parking C: published 1 Nov, 50 views, none asks.
    Shop D elsewhere: published 30 Nov 2026 (after); 7 views on 23 Nov.
    """
    with store() as session:
        here, there = make_community(session, name="甲园"), make_community(session, name="乙园")
        a = make_listing(session, community=here, title="A", published_at=at(2), leased_at=at(12), state="leased")
        b = make_listing(
            session, community=here, title="B", published_at=at(30, month=10), leased_at=at(4), state="leased"
        )
        c = make_listing(session, community=here, title="C", kind="parking", published_at=at(1, 0))
        d = make_listing(session, community=there, title="D", published_at=at(30))
        looked(session, a.id, date(2026, 11, 2), 40, 10)
        looked(session, a.id, date(2026, 11, 23), 60, 10)
        looked(session, b.id, date(2026, 10, 31), 99, 9)
        looked(session, c.id, date(2026, 11, 1), 50, 0)
        looked(session, d.id, date(2026, 11, 23), 7, 7)
        for n, state in enumerate(("signed", "rejected", "withdrawn", "approved")):
            make_application(session, make_member(session).id, a, state=state, created_at=at(3 + n))
        make_application(session, make_member(session).id, b, state="signed", created_at=at(31, month=10))
        session.flush()
        by_kind = promotion(session, asked("kind"))
        assert by_kind == [
            ("商铺", 1, 107, 27, 4, 1, 2, 27 / 107, 4 / 27, 0.25, Decimal("7.5")),
            ("车位", 1, 50, 0, 0, 0, 0, 0.0, None, None, None),
        ]
        assert promotion(session, asked("community", communities=[here.id])) == [
            ("甲园", 2, 150, 20, 4, 1, 2, 20 / 150, 0.2, 0.25, Decimal("7.5")),
        ]
        by_listing = {row[0]: row[1:] for row in promotion(session, asked("listing"))}
        assert by_listing["A"] == (1, 100, 20, 4, 1, 1, 0.2, 0.2, 0.25, Decimal("10.0"))
        assert by_listing["B"] == (0, 0, 0, 0, 0, 1, None, None, None, Decimal("5.0"))
        assert promotion(session, asked("kind", date(2025, 1, 1), date(2025, 12, 31))) == []


@pytest.mark.req("L5")
def test_leased_and_vacant_area_rate_and_rent_on_a_day(store: Store) -> None:
    """Tower: offices of 100 and 50.50 m² let from 1 Nov (two customers share the first), 49.50 m² empty; a lobby and
    an office in own use do not count. Shops: one of 30 m² whose tenant left on 22 Nov.

    So on 23 Nov: 200 m² to let in the tower, 150.50 let, 75.25 %; rent 6,000.00 for the 100 m²: 60.00 a m².
    """
    with store() as session:
        tower = make_building(session, name="A座")
        street = make_building(session, name="商业街", community_id=tower.community_id)
        large = make_unit(session, building=tower, area_m2=Decimal("100"))
        small = make_unit(session, building=tower, area_m2=Decimal("50.50"))
        make_unit(session, building=tower, area_m2=Decimal("49.50"))
        make_unit(session, building=tower, area_m2=Decimal("300"), kind="public")
        make_unit(session, building=tower, area_m2=Decimal("80"), status="own_use")
        shop = make_unit(session, building=street, area_m2=Decimal("30"), kind="shop")
        one, other = make_customer(session), make_customer(session)
        first = date(2026, 11, 1)
        make_lease(session, customer_id=one.id, unit_id=large.id, starts_on=first, ends_on=date(2027, 10, 31),
                   rent_fen=600000)  # fmt: skip
        make_occupancy(session, other, large, starts_on=first)
        make_occupancy(session, other, small, starts_on=first)
        make_occupancy(session, other, shop, starts_on=first, ends_on=date(2026, 11, 22))
        assert leasing(session, asked("building")) == [
            ("A座", 3, 2, 1, Decimal("200.00"), Decimal("150.50"), Decimal("49.50"), 0.7525, 600000, Decimal("60.00")),
            ("商业街", 1, 0, 1, Decimal("30.00"), Decimal("0.00"), Decimal("30.00"), 0.0, 0, None),
        ]
        yesterday = {row[0]: row[1:] for row in leasing(session, asked("kind", end=date(2026, 11, 22)))}
        assert yesterday["商铺"] == (1, 1, 0, Decimal("30.00"), Decimal("30.00"), Decimal("0.00"), 1.0, 0, None)
        assert leasing(session, asked("kind", end=date(2026, 10, 31)))[0][2] == 0, "nothing was let before"
        assert leasing(session, asked("kind", communities=[])) == []


@pytest.mark.req("L5")
def test_leases_that_end_soon_come_nearest_first(browse: Browse, store: Store) -> None:
    today = clock.today()
    with store() as session:
        unit = make_unit(session, number="1201")
        for days in (-1, 0, 90, 91, 30):
            customer = make_customer(session, name=f"{days}天")
            make_occupancy(
                session, customer, unit, starts_on=today - timedelta(days=300), ends_on=today + timedelta(days=days)
            )
        screen = make_customer(session, name="屏")
        make_lease(session, customer_id=screen.id, community_id=unit.community_id, subject="大堂屏", starts_on=today,
                   ends_on=today + timedelta(days=60), rent_fen=320000)  # fmt: skip
        let = make_customer(session, name="铺")
        make_lease(session, customer_id=let.id, unit_id=unit.id, starts_on=today, ends_on=today + timedelta(days=7),
                   rent_fen=1)  # fmt: skip
        rows = expiring(session, asked(""))
        assert [(row[0], row[5], row[6]) for row in rows] == [
            ("0天", 0, None), ("铺", 7, 1), ("30天", 30, None), ("屏", 60, 320000), ("90天", 90, None),
        ]  # fmt: skip
    boss = browse("boss")
    for key in ("promotion", "leasing", "expiring_leases"):
        assert boss.get(f"/reports/{key}/").status_code == 200
        assert boss.post(f"/reports/{key}/export").status_code == 200
