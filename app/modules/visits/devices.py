"""Where devices call that speak their maker's own protocol: ``app/integrations/gates`` translates, we decide.

They sign nothing, so each has a key in its address, or a registered serial number and an allowed address. Whoever is
not known gets the same refusal as an unknown code, and leaves no passage.
"""

import structlog
from flask import Blueprint, Response, request
from flask_babel import gettext as _

from app.core import audit, clock, limits
from app.core.audit import Actor
from app.core.db import db, transaction
from app.integrations.gates import hikvision, vguang, zkteco
from app.modules.visits.models import Gate
from app.modules.visits.models.gates import HIKVISION, VGUANG, ZKTECO
from app.modules.visits.models.passages import UNKNOWN
from app.modules.visits.operations import gates, redeeming
from app.modules.visits.scans import Answer, Scan

LIMIT = "40/second"
STRANGERS = "60/minute"
LARGEST = 256 * 1024
log = structlog.get_logger()

pages = Blueprint("devices", __name__)


def _refusal() -> Answer:
    return Answer(False, UNKNOWN, _("无效的通行码"))


def _decide(gate: Gate | None, scan: Scan) -> Answer:
    """The answer to a device's scan, in a transaction of its own."""
    if gate is None:
        limits.spend(STRANGERS, "device", limits.address())
        log.warning("gate.unknown_device", address=limits.address(), path=request.path.split("/")[1])
        return _refusal()
    limits.spend(LIMIT, "gate", str(gate.id))
    audit.act_as(Actor("gate", str(gate.id), gate.number, limits.address()))
    return redeeming.redeem(db.session(), gate, scan)


@pages.post("/gates/vguang/<number>/<key>")
def take_vguang(number: str, key: str) -> Response:
    """A scan of a 微光 reader."""
    request.max_content_length = LARGEST
    body = request.get_data()
    with transaction():
        answer = _decide(gates.find_device(db.session(), VGUANG, number, key, limits.address()), vguang.read(body))
    return Response(vguang.write(answer), content_type="text/html; charset=utf-8")


@pages.post("/gates/hikvision/<number>/<key>")
def take_hikvision(number: str, key: str) -> Response:
    """An event of a 海康威视 terminal."""
    request.max_content_length = LARGEST
    body = request.get_data(cache=True)
    parts = [text.encode() for text in request.form.values()] + [file.read() for file in request.files.values()]
    event = hikvision.event_of(body, parts) or {}
    scan, answer = hikvision.read(event), _refusal()
    with transaction():
        gate = gates.find_device(db.session(), HIKVISION, number, key, limits.address())
        if scan is not None:
            answer = _decide(gate, scan)
        elif gate is not None:
            gates.seen(db.session(), gate)
    return Response(hikvision.write(event, answer), content_type="application/json")


@pages.post("/iclock/cdata")
def take_zkteco() -> Response:
    """A request or report of a 中控 controller."""
    request.max_content_length = LARGEST
    serial, body = request.args.get("SN", "")[:64], request.get_data()
    with transaction():
        gate = gates.find_by_serial(db.session(), ZKTECO, serial, limits.address())
        if request.args.get("AuthType") != "device":
            return _noted(gate)
        scan, record = zkteco.read(body, clock.SHANGHAI)
        answer = _decide(gate, scan)
    return Response(zkteco.write(record, answer), content_type="text/plain; charset=utf-8")


@pages.get("/iclock/cdata")
@pages.get("/iclock/getrequest")
def poll_zkteco() -> Response:
    """A 中控 controller introduces itself, or asks for commands: there are none."""
    with transaction():
        return _noted(gates.find_by_serial(db.session(), ZKTECO, request.args.get("SN", "")[:64], limits.address()))


def _noted(gate: Gate | None) -> Response:
    if gate is None:
        limits.spend(STRANGERS, "device", limits.address())
        return Response("", status=404)
    gates.seen(db.session(), gate)
    return Response("OK", content_type="text/plain")
