"""海康威视 (Hikvision) terminals with remote check over ISAPI event push.

The terminal posts an ``AccessControllerEvent`` as JSON, or as the JSON part of a multipart form, and opens when the
answer's ``checkResult`` is ``success`` for the same ``serialNo``. Events of the past (``currentEvent`` false), which it
sends again after a break, and anything that asks for no check never open. Source: ISAPI access control, remote
verification, as measured in the design.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from app.modules.visits.scans import Answer, Scan

LONGEST = 64 * 1024
LONG_AGO = datetime.fromtimestamp(0, UTC)
ACCESS = 5
"""``majorEventType`` of an access event."""


def event_of(body: bytes, parts: Iterable[bytes]) -> Mapping[str, Any] | None:
    """The event in what was posted (the body, or the parts of a form); None when there is none to be found."""
    for raw in (body, *parts):
        try:
            found = json.loads(raw[:LONGEST].decode("utf-8"))
        except (UnicodeDecodeError, ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return found
    return None


def read(event: Mapping[str, Any]) -> Scan | None:
    """The scan that an event asks about; None for one that asks nothing (a heartbeat, a report of the past)."""
    details = event.get("AccessControllerEvent")
    if not isinstance(details, dict) or details.get("majorEventType") != ACCESS:
        return None
    if details.get("remoteCheck") is not True or details.get("currentEvent") is not True:
        return None
    code = details.get("QRCodeInfo") or details.get("cardNo") or ""
    serial = details.get("serialNo")
    return Scan(str(code).strip(), str(serial) if isinstance(serial, int) else "", _moment(event.get("dateTime")))


def write(event: Mapping[str, Any], answer: Answer) -> bytes:
    """The answer to an event."""
    details = event.get("AccessControllerEvent")
    serial = details.get("serialNo") if isinstance(details, dict) else None
    said = {
        "RemoteCheck": {
            "serialNo": serial if isinstance(serial, int) else 0,
            "checkResult": "success" if answer.allow else "failed",
            "info": answer.text,
        }
    }
    return json.dumps(said, ensure_ascii=False).encode()


def _moment(text: Any) -> datetime:
    """A moment with an offset; anything else reads as the beginning of time, at which nothing opens."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return LONG_AGO
    return found if found.tzinfo else LONG_AGO
