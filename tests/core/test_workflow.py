"""State machines as tables: a move happens from the right state only, once, and says who was faster."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.core import audit
from app.core.audit import Actor, AuditEntry, act_as
from app.core.errors import Conflict
from app.core.jobs.models import OutboxEntry
from app.core.workflow import Move, Workflow
from app.modules.members.models import APPROVED, PENDING, REJECTED, Certification
from tests.conftest import Store
from tests.factories import make_community, make_member
from tests.postgresql import both_databases


def apply_for(session: Any) -> Certification:
    application = Certification(
        member_id=make_member(session).id, community_id=make_community(session).id, kind="tenant", name="李明",
        phone="13800138000",
    )  # fmt: skip
    session.add(application)
    session.commit()
    return application


@both_databases
def test_a_move_changes_the_state_and_its_values_together_and_is_audited(app: Flask, store: Store) -> None:
    with store() as session:
        application = apply_for(session)
        before = application.updated_at
        Certification.flow.apply(session, application, "reject", reason="材料不清晰")
        assert (application.state, application.reason) == (REJECTED, "材料不清晰")
        assert application.updated_at > before
        session.commit()
        last = audit.last(session, application)
        assert last is not None
        assert (last.action, last.changes) == (
            "reject",
            {"state": [PENDING, REJECTED], "reason": ["", "材料不清晰"]},
        )


@both_databases
def test_a_move_from_the_wrong_state_is_refused_with_who_was_faster(app: Flask, store: Store) -> None:
    with store() as session:
        application = apply_for(session)
        act_as(Actor("staff", "1", "苏敏"))
        Certification.flow.apply(session, application, "approve")
        session.commit()
        act_as(Actor("staff", "2", "何经理"))
        with pytest.raises(Conflict) as refused:
            Certification.flow.apply(session, application, "reject")
        assert refused.value.code == "wrong_state"
        assert "已通过" in refused.value.message
        assert "苏敏" in refused.value.message
        assert "驳回" in refused.value.message
        session.rollback()
        assert application.state == APPROVED
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.record == "certification")).all()
        assert actions == ["create", "approve"], "a refused move leaves no entry"


def test_further_conditions_guard_a_move(store: Store) -> None:
    with store() as session:
        application = apply_for(session)
        with pytest.raises(Conflict):
            Certification.flow.apply(session, application, "approve", Certification.kind == "merchant")
        assert application.state == PENDING
        Certification.flow.apply(session, application, "approve", Certification.kind == "tenant")


def test_only_the_moves_of_the_present_state_are_open(store: Store) -> None:
    with store() as session:
        application = apply_for(session)
        assert set(Certification.flow.open_moves(application)) == {"approve", "reject", "withdraw"}
        Certification.flow.apply(session, application, "withdraw")
        assert Certification.flow.open_moves(application) == {}


def test_a_move_that_names_an_unknown_state_stops_the_start() -> None:
    with pytest.raises(LookupError, match="gone"):
        Workflow({"open": "开启"}, close=Move(("open",), "gone", "关闭"))


def test_every_state_has_its_chinese_name() -> None:
    for flow in (Certification.flow, OutboxEntry.flow):
        for move in flow.moves.values():
            assert all(flow.title(state) for state in (*move.source, move.target))
