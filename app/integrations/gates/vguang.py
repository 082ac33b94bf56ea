"""微光 (Vguang) M350 and DW200 over HTTP.

The device posts the text of the code, either bare or as ``vgdecoderesult=…&&devicenumber=…&&otherparams=``, whatever
its Content-Type says, and waits two seconds. ``code=0000`` fires the relay, and on the DW200 so do 0001 to 0008: a
refusal is 0009. Source: the vendor's HTTP protocol notes, as measured in the design.
"""

import json

from app.modules.visits.scans import Answer, Scan

LONGEST = 4096
SHOWN_MS = 2000
ENCODINGS = ("utf-8", "gb18030")


def read(body: bytes) -> Scan:
    """The text that was scanned; what is no text at all reads as an empty code."""
    text = _decode(body[:LONGEST])
    fields = dict(part.partition("=")[::2] for part in text.split("&&") if "=" in part)
    if "vgdecoderesult" in fields:
        return Scan(fields["vgdecoderesult"].strip())
    return Scan(text.strip())


def write(answer: Answer) -> bytes:
    """The answer: a code for the relay, and words for the display."""
    result = "0000" if answer.allow else "0009"
    shown = json.dumps(
        {"resultCode": result, "msg": answer.text, "msgTimeout": SHOWN_MS}, ensure_ascii=False, separators=(",", ":")
    )
    return f"code={result}&&desc=json&&{shown}".encode()


def _decode(body: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    return ""
