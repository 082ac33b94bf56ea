"""What can happen to communities, buildings and units."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.core.errors import Invalid, NotFound
from app.modules.estate.models import Building, Unit


def save_unit(session: Session, unit: Unit | None, values: Mapping[str, Any]) -> Unit:
    """Make or change a unit; its community follows from its building.

    Raises Invalid when the area is negative or the building does not exist.
    """
    building = session.get(Building, values.get("building_id", unit.building_id if unit else None))
    if building is None:
        raise NotFound(_("所选楼栋不存在"))
    if (values.get("area_m2") or 0) < 0:
        raise Invalid.field("area_m2", _("面积不能为负数"))
    if unit is None:
        unit = Unit()
        session.add(unit)
    for name, value in values.items():
        setattr(unit, name, value)
    unit.community_id = building.community_id
    session.flush()
    return unit
