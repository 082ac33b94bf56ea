"""Export of visits and passages, import of regular visitors, import and export of gates and of who may not come."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Invalid
from app.core.privacy import keyring
from app.core.sheets import Choice, Code, Flag, Integer, Lookup, Moment, Row, Sheet, Text
from app.modules.estate.models import Unit
from app.modules.estate.sheets import building_column, building_of, community_column, unit_column
from app.modules.members.identity_numbers import mobile_number
from app.modules.visits import token
from app.modules.visits.models import AccessPass, BlockedVisitor, Gate, Passage, Visit
from app.modules.visits.models.visits import APPROVED, DESK
from app.modules.visits.operations import passes, visiting


def _of_visit(column: Any) -> Any:
    return select(column).where(Visit.id == Passage.visit_id).correlate(Passage).scalar_subquery()


VISITS = Sheet(
    Visit,
    key=("visitor_name", "starts_at"),
    area="visits",
    columns=[
        community_column(),
        Choice("kind"),
        Text("building", "楼栋", extra=True, source=building_of(Visit)),
        Lookup("unit_id", "房号", Unit, by=("number",)),
        Text("visitor_name"),
        Text("visitor_phone"),
        Text("plate"),
        Text("purpose"),
        Moment("starts_at"),
        Moment("ends_at"),
        Choice("state"),
        Text("reason"),
        Moment("arrived_at"),
        Moment("left_at"),
        Moment("created_at", "登记时间"),
    ],
)
"""Export only: not listed among the module's imports."""

PASSAGES = Sheet(
    Passage,
    key=("gate_id", "scanned_at"),
    area="passages",
    columns=[
        community_column(),
        Lookup("gate_id", "闸机", Gate, by=("number",)),
        Choice("direction"),
        Moment("scanned_at"),
        Choice("outcome"),
        Choice("conflict"),
        Flag("offline"),
        Text("visitor", "来访人", extra=True, source=lambda: _of_visit(Visit.visitor_name)),
        Text("purpose", "来访事由", extra=True, source=lambda: _of_visit(Visit.purpose)),
        Text("serial"),
    ],
)
"""Export only."""


def check_regulars(session: Session, rows: list[Row]) -> None:
    """The rules of a registration at the desk, for all rows at once; one that is there already stays as it is."""
    columns = REGULARS.by_name
    phones = {row.values["visitor_phone"] for row in rows if row.values.get("visitor_phone")}
    now, digest = clock.now(), keyring().digest
    blocked = set(
        session.execute(
            select(BlockedVisitor.community_id, BlockedVisitor.phone_index).where(
                BlockedVisitor.phone_index.in_({digest(phone) for phone in phones}),
                BlockedVisitor.active.is_(True),
                or_(BlockedVisitor.ends_at.is_(None), BlockedVisitor.ends_at > now),
            )
        ).tuples()
    )
    for row in rows:
        values = row.values
        if row.record_id is not None:
            if row.before:
                row.refuse(None, _("该来访已经登记，请在系统中作废后重新登记"))
            continue
        try:
            visiting.check_times(values["starts_at"], values["ends_at"], "visits.regular_longest_days")
        except Invalid as error:
            for problem in error.errors:
                row.refuse(columns[problem.field], problem.message)
        phone = values.get("visitor_phone")
        if phone and (values["community_id"], digest(phone)) in blocked:
            row.refuse(columns["visitor_phone"], _("该访客暂不能登记来访"))
        values |= {"kind": DESK, "state": APPROVED}


def give_passes(session: Session, records: Mapping[Any, Sequence[Mapping[str, Any]]]) -> None:
    """Each imported visit gets its pass; with an import that is undone the passes go by themselves."""
    units = {record["unit_id"] for record in records.get(Visit, ())}
    bare = select(Visit).where(
        Visit.unit_id.in_(units), Visit.kind == DESK, Visit.state == APPROVED,
        ~exists().where(AccessPass.visit_id == Visit.id),
    )  # fmt: skip
    for _unit, visits in groupby(session.scalars(bare.order_by(Visit.unit_id, Visit.id)), key=lambda one: one.unit_id):
        passes.issue(session, list(visits))


REGULARS = Sheet(
    Visit,
    name="regular_visit",
    title="常访人员",
    key=("unit_id", "visitor_name", "starts_at"),
    area="visits",
    columns=[
        community_column(),
        building_column(extra=True, required=True, source=building_of(Visit)),
        unit_column(),
        Text("visitor_name", example="保洁刘阿姨"),
        Code("visitor_phone", check=mobile_number, example="13800000000", note="11 位手机号，可不填"),
        Text("purpose", example="日常保洁"),
        Text("plate"),
        Moment("starts_at", required=True, example="2026-12-01 08:00"),
        Moment("ends_at", required=True, example="2026-12-31 20:00"),
        Integer("uses", minimum=1, maximum=token.MOST_USES, example="60"),
    ],
    prepare=check_regulars,
    finish=give_passes,
)  # fmt: skip

BLOCKED = Sheet(
    BlockedVisitor,
    key=("community_id", "name", "reason"),
    area="blocked_visitors",
    columns=[
        community_column(),
        Text("name"),
        Text("phone"),
        Text("reason"),
        Moment("ends_at"),
        Flag("active"),
    ],
)
"""Export only: what follows from an entry (visits called off) is for the form to show."""
