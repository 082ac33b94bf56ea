"""Mobile endpoints: visits, their passes, batches of cards (V1, V3–V5)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from flask import Response
from flask_babel import gettext as _

from app.core import clock, media
from app.core.api import ANY, Caller, Endpoints, Page, PageQuery, answers_file, as_id, paginate
from app.core.db import db
from app.core.errors import Forbidden, Invalid
from app.core.privacy import mask_phone
from app.modules.visits import cards, digits, queries, share
from app.modules.visits.models import AccessPass, PassBatch, Visit
from app.modules.visits.models.visits import APPLICATION, INVITATION, KINDS, PENDING
from app.modules.visits.models.visits import TECHNICIAN as WORK
from app.modules.visits.operations import batches, keys, visiting
from app.modules.visits.schemas import BatchIn, BatchOut, DecisionIn, PassOut, VisitIn, VisitOut, VisitsQuery

api = Endpoints("visits", "来访与通行")
MENU = "visits"
RESIDENTS = ("merchant", "tenant")
WHO: dict[str, tuple[str, ...]] = {
    INVITATION: RESIDENTS,
    APPLICATION: ("visitor", *RESIDENTS),
    WORK: ("technician",),
}
"""Which roles register which kind of visit."""
FIELDS = {"starts_at": "valid_from", "ends_at": "valid_until"}
"""A visit's times: the columns, and what the API calls them."""
PICTURE = answers_file(media.PNG)
PAPER = answers_file("application/pdf", conflict="本批来访卡还没有通过，或已作废")


@contextmanager
def times_named() -> Iterator[None]:
    """What is wrong with a visit's times is said of the fields that the API calls them."""
    try:
        yield
    except Invalid as error:
        named = [replace(one, field=FIELDS.get(one.field, one.field)) for one in error.errors]
        raise Invalid(error.message, named) from None


def visit_out(visit: Visit, caller: Caller, *, decides: bool) -> VisitOut:
    """A visit as a member sees it; the phone is shown in full to who wrote it down."""
    phone = visit.visitor_phone
    own = visit.member_id == caller.member_id
    return VisitOut(
        id=str(visit.id),
        kind=visit.kind,
        kind_text=KINDS[visit.kind],
        visitor_name=visit.visitor_name,
        visitor_phone=phone if own or phone is None else mask_phone(phone),
        community=visit.community.name,
        unit=queries.place(visit),
        purpose=visit.purpose,
        plate=visit.plate,
        valid_from=clock.local(visit.starts_at),
        valid_until=clock.local(visit.ends_at),
        state=visit.state,
        state_text=Visit.flow.title(visit.state),
        reason=visit.reason,
        may_decide=decides and visit.state == PENDING,
        arrived_at=clock.local_or_none(visit.arrived_at),
        left_at=clock.local_or_none(visit.left_at),
        created_at=clock.local(visit.created_at),
    )


def _shown(visit_id: int, caller: Caller) -> VisitOut:
    session = db.session()
    visit = queries.my_visit(session, caller.member_id, visit_id)
    return visit_out(visit, caller, decides=queries.is_host(session, caller.member_id, visit))


@api.get("/visits", roles=ANY, query=VisitsQuery, returns=Page[VisitOut], menu=MENU)
def list_visits(caller: Caller, query: VisitsQuery) -> Page[VisitOut]:
    """我登记的来访，或待我审批的来访，新的在前"""
    waiting = query.box == "to_approve"
    wanted = queries.to_approve(caller.member_id) if waiting else queries.visits_of(caller.member_id)
    rows, following = paginate(db.session(), wanted, query, [Visit.id])
    return Page(items=[visit_out(row, caller, decides=waiting) for row in rows], next=following)


@api.post("/visits", roles=ANY, body=VisitIn, returns=VisitOut, status=201, limit="60/day", menu=MENU)
def register(caller: Caller, body: VisitIn) -> VisitOut:
    """登记来访：住户邀请和师傅进出立即生成通行码，访客申请由被访人审批"""
    if caller.role not in WHO[body.kind]:
        raise Forbidden(_("您的身份不能使用此功能"))
    with times_named():
        visit = _register(caller, body)
    return _shown(visit.id, caller)


def _register(caller: Caller, body: VisitIn) -> Visit:
    session = db.session()
    plan = visiting.Plan(
        clock.aware(body.valid_from), clock.aware(body.valid_until), body.visitor_name,
        body.visitor_phone.strip() or None, body.purpose, body.plate,
    )  # fmt: skip
    if body.kind == WORK:
        return visiting.register_technician(session, caller.member_id, plan)
    if body.unit_id is None:
        raise Invalid.field("unit_id", _("请选择被访房号"))
    if body.kind == INVITATION:
        return visiting.invite(session, caller.member_id, as_id(body.unit_id), plan)
    return visiting.apply(session, caller.member_id, as_id(body.unit_id), plan)


@api.get("/visits/<visit_id>", roles=ANY, returns=VisitOut)
def show_visit(caller: Caller, visit_id: str) -> VisitOut:
    """一次来访"""
    return _shown(as_id(visit_id), caller)


def _hosted(caller: Caller, visit_id: str) -> Visit:
    visit = queries.my_visit(db.session(), caller.member_id, as_id(visit_id))
    if not queries.is_host(db.session(), caller.member_id, visit):
        raise Forbidden(_("只有被访人可以审批"))
    return visit


@api.post("/visits/<visit_id>/approve", roles=ANY, returns=VisitOut)
def approve(caller: Caller, visit_id: str) -> VisitOut:
    """被访人同意来访，访客得到通行码"""
    visit = visiting.approve(db.session(), _hosted(caller, visit_id), host_id=caller.member_id)
    return _shown(visit.id, caller)


@api.post("/visits/<visit_id>/reject", roles=ANY, body=DecisionIn, returns=VisitOut)
def reject(caller: Caller, visit_id: str, body: DecisionIn) -> VisitOut:
    """被访人不同意来访"""
    visit = visiting.reject(db.session(), _hosted(caller, visit_id), body.reason, host_id=caller.member_id)
    return _shown(visit.id, caller)


@api.post("/visits/<visit_id>/cancel", roles=ANY, returns=VisitOut)
def cancel(caller: Caller, visit_id: str) -> VisitOut:
    """取消来访，通行码立即失效"""
    visit = visiting.cancel(db.session(), queries.my_visit(db.session(), caller.member_id, as_id(visit_id)))
    return _shown(visit.id, caller)


@api.get("/visits/<visit_id>/pass", roles=ANY, returns=PassOut)
def show_pass(caller: Caller, visit_id: str) -> PassOut:
    """来访的通行码"""
    session = db.session()
    visit = queries.my_visit(session, caller.member_id, as_id(visit_id))
    access, now = queries.pass_of(session, visit.id), clock.now()
    return PassOut(
        token=keys.Signer(session).token(access),
        numeric_code=digits.of(access.id, now),
        numeric_until=digits.ends_at(now),
        qr_url=f"/api/v1/visits/{visit.id}/pass.png",
        share_url=share.url_of(access),
        valid_from=clock.local(access.starts_at),
        valid_until=clock.local(access.ends_at),
        state=access.state,
        state_text=AccessPass.flow.title(access.state),
    )


@api.get("/visits/<visit_id>/pass.png", roles=ANY, returns=Response, openapi=PICTURE)
def show_picture(caller: Caller, visit_id: str) -> Response:
    """通行二维码图片"""
    session = db.session()
    visit = queries.my_visit(session, caller.member_id, as_id(visit_id))
    return share.picture(keys.Signer(session).token(queries.pass_of(session, visit.id)))


# ---- batches


def batch_out(batch: PassBatch, caller: Caller, *, decides: bool) -> BatchOut:
    """A batch as a member sees it."""
    return BatchOut(
        id=str(batch.id),
        count=batch.count,
        purpose=batch.purpose,
        unit=queries.place(batch),
        valid_from=clock.local(batch.starts_at),
        valid_until=clock.local(batch.ends_at),
        state=batch.state,
        state_text=PassBatch.flow.title(batch.state),
        reason=batch.reason,
        mine=batch.member_id == caller.member_id,
        may_decide=decides and batch.state == PENDING,
        created_at=clock.local(batch.created_at),
    )


def _batch(caller: Caller, batch_id: str) -> PassBatch:
    return queries.my_batch(db.session(), caller.member_id, as_id(batch_id))


def _batch_shown(batch: PassBatch, caller: Caller) -> BatchOut:
    session = db.session()
    shown = queries.my_batch(session, caller.member_id, batch.id)
    return batch_out(shown, caller, decides=batches.may_decide(session, caller.member_id, shown))


@api.get("/pass-batches", roles=RESIDENTS, query=PageQuery, returns=Page[BatchOut], menu=MENU)
def list_batches(caller: Caller, query: PageQuery) -> Page[BatchOut]:
    """我申请的批量来访卡，以及本企业有权审批的，新的在前"""
    session = db.session()
    rows, following = paginate(session, queries.batches_of(caller.member_id), query, [PassBatch.id])
    granted = batches.granted_to(session, caller.member_id) if any(row.state == PENDING for row in rows) else {}
    return Page(
        items=[batch_out(row, caller, decides=row.count <= granted.get(row.customer_id, 0)) for row in rows],
        next=following,
    )


@api.post("/pass-batches", roles=RESIDENTS, body=BatchIn, returns=BatchOut, status=201, limit="20/day", menu=MENU)
def request_batch(caller: Caller, body: BatchIn) -> BatchOut:
    """申请批量来访卡"""
    with times_named():
        batch = batches.request(
            db.session(), caller.member_id, as_id(body.unit_id), count=body.count, purpose=body.purpose,
            starts_at=clock.aware(body.valid_from), ends_at=clock.aware(body.valid_until), names=body.names,
        )  # fmt: skip
    return _batch_shown(batch, caller)


@api.get("/pass-batches/<batch_id>", roles=RESIDENTS, returns=BatchOut)
def show_batch(caller: Caller, batch_id: str) -> BatchOut:
    """一批来访卡"""
    return _batch_shown(_batch(caller, batch_id), caller)


def _to_decide(caller: Caller, batch_id: str) -> PassBatch:
    batch = _batch(caller, batch_id)
    if not batches.may_decide(db.session(), caller.member_id, batch):
        raise Forbidden(_("本批由物业审批"))
    return batch


@api.post("/pass-batches/<batch_id>/approve", roles=RESIDENTS, returns=BatchOut)
def approve_batch(caller: Caller, batch_id: str) -> BatchOut:
    """有权的企业审批本企业的来访卡"""
    batch = _to_decide(caller, batch_id)
    batches.approve(db.session(), batch, member_id=caller.member_id)
    return _batch_shown(batch, caller)


@api.post("/pass-batches/<batch_id>/reject", roles=RESIDENTS, body=DecisionIn, returns=BatchOut)
def reject_batch(caller: Caller, batch_id: str, body: DecisionIn) -> BatchOut:
    """有权的企业不通过本企业的来访卡"""
    batch = _to_decide(caller, batch_id)
    batches.reject(db.session(), batch, body.reason, member_id=caller.member_id)
    return _batch_shown(batch, caller)


@api.post("/pass-batches/<batch_id>/cancel", roles=RESIDENTS, returns=BatchOut)
def cancel_batch(caller: Caller, batch_id: str) -> BatchOut:
    """取消待审批的申请"""
    batch = _batch(caller, batch_id)
    if batch.member_id != caller.member_id:
        raise Forbidden(_("只有申请人可以取消"))
    batches.cancel(db.session(), batch)
    return _batch_shown(batch, caller)


@api.get("/pass-batches/<batch_id>/cards.pdf", roles=RESIDENTS, returns=Response, openapi=PAPER)
def show_cards(caller: Caller, batch_id: str) -> Response:
    """批量来访卡 PDF，每页 10 张"""
    batch = _batch(caller, batch_id)
    return cards.respond(db.session(), batch)
