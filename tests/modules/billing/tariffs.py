"""Tariffs, assignments and meters for tests, with sensible values."""

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.modules.billing.models import FeeItem, Meter, MeterReading, Tariff, TariffAssignment, TariffVersion
from app.modules.billing.operations import charges
from app.modules.estate.models import Unit

_numbers = count(1)


def make_tariff(session: Session, community_id: int, fee: str = "management", **values: Any) -> Tariff:
    """A monthly tariff by area, ¥2.80 from 2020 on; ``version`` holds what differs in its version."""
    charges.install(session)
    version = values.pop("version", {})
    fee_item_id = session.scalars(select(FeeItem.id).where(FeeItem.key == fee)).one()
    tariff = Tariff(
        **{
            "community_id": community_id, "fee_item_id": fee_item_id, "name": f"标准{next(_numbers)}", "method": "area",
            "cycle": "1", **values,
        }
    )  # fmt: skip
    session.add(tariff)
    session.flush()
    make_version(session, tariff, **version)
    return tariff


def make_version(session: Session, tariff: Tariff, **values: Any) -> TariffVersion:
    version = TariffVersion(
        **{
            "community_id": tariff.community_id, "tariff_id": tariff.id, "valid_from": date(2020, 1, 1),
            "unit_price": Decimal("2.80"), "steps": [], **values,
        }
    )  # fmt: skip
    session.add(version)
    session.flush()
    return version


def assign(session: Session, tariff: Tariff, unit: Unit, **values: Any) -> TariffAssignment:
    assignment = TariffAssignment(
        **{
            "community_id": unit.community_id, "tariff_id": tariff.id, "unit_id": unit.id,
            "starts_on": date(2020, 1, 1), **values,
        }
    )  # fmt: skip
    session.add(assignment)
    session.flush()
    return assignment


def make_meter(session: Session, unit: Unit, **values: Any) -> Meter:
    meter = Meter(
        **{
            "community_id": unit.community_id, "unit_id": unit.id, "kind": "electricity",
            "number": f"DB{next(_numbers):06d}", **values,
        }
    )  # fmt: skip
    session.add(meter)
    session.flush()
    return meter


def make_reading(session: Session, meter: Meter, day: date, value: str, **values: Any) -> MeterReading:
    reading = MeterReading(
        **{"community_id": meter.community_id, "meter_id": meter.id, "read_on": day, "value": Decimal(value), **values}
    )
    session.add(reading)
    session.flush()
    return reading
