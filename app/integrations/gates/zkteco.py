"""中控智慧 (ZKTeco) controllers over the 安防 PUSH protocol, with verification in the background.

The controller posts tab-separated ``name=value`` pairs to ``/iclock/cdata?SN=…&AuthType=device`` and opens on
``AUTH=SUCCEED`` with a control command: output, door, lock and seconds as two hexadecimal digits each. Its other
reports (``table=rtlog``, ``/iclock/getrequest``) want ``OK``. Source: PUSH SDK, security protocol 3.1, as measured in
the design.
"""

import re
from datetime import datetime, tzinfo

from app.modules.visits.scans import Answer, Scan

LONGEST = 4096
SECONDS = 5
ENDING = "\r\n"
_DOOR = re.compile(r"\d{1,2}")


def read(body: bytes, zone: tzinfo) -> tuple[Scan, str]:
    """The scan in an authentication request, and the record to be echoed; ``zone`` is that of the device's clock."""
    try:
        record = body[:LONGEST].decode("utf-8").strip("\r\n\x00 ")
    except UnicodeDecodeError:
        return Scan(""), ""
    record = record.splitlines()[0] if record else ""
    fields = _fields(record)
    code = next((text for text in (fields.get("cardno"), fields.get("pin")) if text and text != "0"), "")
    return Scan(code, "", _moment(fields.get("time", ""), zone)), record


def write(record: str, answer: Answer) -> bytes:
    """The answer: the record as it came, and with a success the command that opens its door."""
    if not answer.allow:
        lines = ["AUTH=FAILED", record, f"TIPS={answer.text}"]
    else:
        door = _fields(record).get("eventaddr", "1")
        number = int(door) if _DOOR.fullmatch(door) else 1
        lines = ["AUTH=SUCCEED", record, f"CONTROL DEVICE 01{number:02X}01{SECONDS:02X}", f"TIPS={answer.text}"]
    return (ENDING.join(lines) + ENDING).encode()


def _fields(record: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.partition("=") for part in record.split("\t"))}


def _moment(text: str, zone: tzinfo) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=zone)
    except ValueError:
        return None
