"""Personal data are kept no longer than they are needed (PIPL, article 19)."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.core import clock, media, messages
from app.core.audit import AuditEntry
from app.core.jobs import run_due
from app.core.media import MediaFile
from app.core.messages.models import Message
from app.modules.members.models import Certification
from tests.conftest import PhoneOf, Store
from tests.factories import make_certification, make_unit
from tests.postgresql import both_databases


@both_databases
@pytest.mark.parametrize(("state", "kept"), [("rejected", False), ("withdrawn", False), ("approved", True)])
def test_material_of_an_application_that_came_to_nothing_goes_after_half_a_year(
    app: Flask, store: Store, phone: PhoneOf, state: str, kept: bool
) -> None:
    li = phone("dev-li")
    li.post("/me/consents", {"kind": "certification_material", "version": "2026-11"})
    picture = li.upload().json["id"]  # type: ignore[index]
    member_id = int(li.member["id"])
    with store() as session:
        application = make_certification(
            session, member_id, make_unit(session), state=state, decided_at=clock.now(), reason="照片不清"
        )
        media.attach(session, [picture], "certification", "member", str(member_id), application)

    def material() -> tuple[bool, int]:
        with store() as session:
            one = session.scalars(select(Certification)).one()
            assert (one.name, one.state, one.reason) == ("李明", state, "照片不清")
            return bool(one.id_number and one.phone), session.scalar(select(func.count()).select_from(MediaFile)) or 0

    with clock.travel(timedelta(days=179)):
        run_due(app)
        assert material() == (True, 1)
    with clock.travel(timedelta(days=181)):
        run_due(app)
        assert material() == ((True, 1) if kept else (False, 0))
    if not kept:
        with pytest.raises(FileNotFoundError):
            app.extensions["storage"].get(picture)
        with store() as session:
            assert session.scalar(select(func.count()).where(AuditEntry.action == "expire")) == 1


def test_old_messages_go(app: Flask, store: Store, phone: PhoneOf) -> None:
    member_id = int(phone("dev-li").member["id"])
    with store() as session:
        messages.send(session, member_id, "system", "标题", "内容", "")
    with clock.travel(timedelta(days=729)):
        run_due(app)
        with store() as session:
            assert session.scalar(select(func.count()).select_from(Message)) == 1
    with clock.travel(timedelta(days=731)):
        run_due(app)
    with store() as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0
