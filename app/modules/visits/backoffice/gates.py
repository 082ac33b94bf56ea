"""Back office: gates with their secrets, groups, passages, and the keys that sign passes."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload
from werkzeug.wrappers import Response

from app.core import audit, clock, rights
from app.core.backoffice import ModuleView, PageView, computed, page
from app.core.backoffice.cells import Cell
from app.core.db import db, transaction
from app.modules.visits import queries, sheets
from app.modules.visits.models import Gate, GateGroup, Passage, PassKey
from app.modules.visits.models.gates import HIKVISION, VGUANG, ZKTECO
from app.modules.visits.models.passages import OUTCOMES
from app.modules.visits.models.visits import KINDS
from app.modules.visits.operations import gates, keys

LATEST = 60


class GateView(ModuleView):
    """闸机: registered with a secret that is shown once."""

    model, area = Gate, "gates"
    title, icon = "闸机", "fa-door-open"
    columns = ("number", "place", "community", "group", "direction", "protocol", "online", "last_seen_at", "active")
    sections = (
        ("闸机", ("number", "place", "community", "group", "direction", "takes_codes", "active")),
        ("接入", ("protocol", "device_serial", "addresses", "online", "last_seen_at")),
    )
    filters = ("community", "group", "direction", "protocol", "active")
    search = ("number", "place")
    order = ("number",)
    form = ("number", "community", "group", "place", "direction", "protocol", "device_serial", "addresses",
            "takes_codes", "active")  # fmt: skip
    show_template = "visits/gate.html"

    @computed("在线")
    def online(self, _session: Session, records: list[Gate]) -> Mapping[int, Cell]:
        return {
            gate.id: Cell("在线", "badge", "green") if queries.is_online(gate) else Cell("离线", "badge", "red")
            for gate in records
        }

    def save(self, session: Session, record: Gate | None, values: dict[str, Any]) -> Gate:
        return gates.save(session, record, values)

    @page("/<int:record_id>/secret", action="reveal", methods=("POST",))
    def secret(self, record_id: int) -> Any:
        """A new secret, shown this once, and what to type into the device; the one before is dead."""
        with transaction():
            gate = self.find(db.session(), record_id, lock=True)
            secret = gates.renew_secret(gate)
            audit.record(db.session(), "reveal", gate, {_("查看的信息"): _("新密钥")})
            address = request.host_url.rstrip("/") + {
                VGUANG: url_for("devices.take_vguang", number=gate.number, key=gates.path_key(gate)),
                HIKVISION: url_for("devices.take_hikvision", number=gate.number, key=gates.path_key(gate)),
                ZKTECO: url_for("devices.take_zkteco"),
            }.get(gate.protocol, url_for("api_gates.post_scan", gate_no=gate.number))
            number, signs = gate.number, gate.protocol not in (VGUANG, HIKVISION, ZKTECO)
        return render_template(
            "visits/gate_secret.html", number=number, address=address, secret=secret if signs else None,
            record_id=record_id,
        )  # fmt: skip


class GateGroupView(ModuleView):
    """闸机组: which gates a pass may open."""

    model, area = GateGroup, "gates"
    title, icon = "闸机组", "fa-layer-group"
    columns = ("name", "community", "building", "created_at")
    filters = ("community",)
    order = ("id",)
    form = ("name", "community", "building")
    related = ((GateView, "group_id"),)

    def save(self, session: Session, record: GateGroup | None, values: dict[str, Any]) -> GateGroup:
        return gates.save_group(session, record, values)


class PassageView(ModuleView):
    """通行记录: every scan with its outcome (V6)."""

    model, area, sheet = Passage, "passages", sheets.PASSAGES
    title, icon = "通行记录", "fa-shoe-prints"
    columns = ("id", "scanned_at", "gate", "direction", "outcome", "visit", "conflict", "offline", "community")
    filters = ("community", "gate", "direction", "outcome", "conflict", "offline", "scanned_at")
    order = ("-id",)
    sortable = ("scanned_at",)
    readonly = True
    can_delete = False
    tones = {outcome: "green" if outcome == "allowed" else "red" for outcome in OUTCOMES}


class ConflictView(PassageView):
    """离线冲突: what gates without network let through and should not have."""

    title, icon = "离线冲突", "fa-code-compare"
    route_base = "/visits/conflicts"

    def base_filter(self) -> Any:
        return Passage.conflict.is_not(None)


class LivePassageView(PageView):
    """实时通行: the last scans, and who is inside; looks again by itself."""

    area, title, icon = "passages", "实时通行", "fa-tower-broadcast"
    route_base = "/visits/live"
    default_view = "show"

    @page("/")
    def show(self) -> Any:
        session = db.session()
        latest = select(Passage).options(selectinload(Passage.gate), selectinload(Passage.visit))
        passages = session.scalars(
            rights.within(latest, Passage).order_by(Passage.scanned_at.desc(), Passage.id.desc()).limit(LATEST)
        ).all()
        gates_here = rights.within(select(Gate).where(Gate.active.is_(True)), Gate).order_by(Gate.number)
        return render_template(
            "visits/live.html",
            view=self,
            passages=passages,
            gates=[(gate, queries.is_online(gate)) for gate in session.scalars(gates_here.limit(200))],
            inside=queries.count_inside(session),
            expected=queries.count_expected(session),
            outcomes=OUTCOMES,
            kinds=KINDS,
            local=clock.local,
            now=clock.now(),
        )


class PassKeyPage(PageView):
    """通行码密钥: which key signs, which are still believed; a new one at the press of a button."""

    area, title, icon = "gates", "通行码密钥", "fa-key"
    route_base = "/visits/keys"
    default_view = "show"

    @page("/", action="reveal")
    def show(self) -> Any:
        found = db.session.scalars(select(PassKey).order_by(PassKey.id.desc()).limit(50)).all()
        return render_template("visits/keys.html", view=self, keys=found, local=clock.local, now=clock.now())

    @page("/rotate", action="reveal", methods=("POST",))
    def rotate(self) -> Response:
        """A new key; the others until their passes are over, or, after a leak, no longer."""
        with transaction():
            key = keys.rotate(db.session(), at_once="at_once" in request.form)
            number = key.number
        flash(_("已启用 %(number)s 号密钥", number=number), "success")
        return redirect(url_for("PassKeyPage.show"))
