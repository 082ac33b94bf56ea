"""A gate for those who have none: it scans over the network, or decides alone and tells later.

What it does alone is what a small box beside a turnstile has to do: prove the signature with the public key it took
along, look at group and time, keep its own list of used codes, and upload its scans when the network is back. Its state
is one JSON file.
"""

import base64
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from app.core import clock
from app.core.api.machines import signature
from app.modules.visits import token
from app.modules.visits.models.passages import ALLOWED, EARLY, FORGED, LATE, REVOKED, USED, WRONG_GATE

TIMEOUT = 5
Unreachable = requests.RequestException
"""No network, or an answer that is none."""


@dataclass
class SignedGate:
    """Calls the interface as a gate: every request is signed with the gate's secret."""

    url: str
    number: str
    secret: str = field(repr=False)

    def scan(self, code: str) -> dict[str, Any]:
        """Ask whether to open. Raises Unreachable without network."""
        now = clock.local(clock.now()).isoformat()
        return self._call("POST", "scan", {"code": code, "scanned_at": now, "serial": secrets.token_hex(8)})

    def sync(self) -> dict[str, Any]:
        """What is needed to decide alone."""
        return self._call("GET", "sync")

    def upload(self, passages: list[dict[str, str]]) -> list[dict[str, Any]]:
        """Tell what was decided alone; the conflicts."""
        results: list[dict[str, Any]] = self._call("POST", "passages", {"passages": passages})["results"]
        return results

    def _call(self, method: str, what: str, body: Any = None) -> dict[str, Any]:
        path, content = f"/api/v1/gates/{self.number}/{what}", b"" if body is None else json.dumps(body).encode()
        stamp, nonce = str(int(clock.now().timestamp())), secrets.token_hex(12)
        answer = requests.request(
            method, self.url.rstrip("/") + path, data=content, timeout=TIMEOUT,
            headers={
                "X-Key-Id": self.number, "X-Timestamp": stamp, "X-Nonce": nonce, "Content-Type": "application/json",
                "X-Signature": signature(self.secret, method, path, stamp, nonce, content),
            },
        )  # fmt: skip
        if answer.status_code != 200:
            raise requests.HTTPError(answer.json().get("detail") or answer.text, response=answer)
        return dict(answer.json())


class OfflineGate:
    """Decides without network; ``path`` keeps what it took along, what it let in, and what it has yet to tell."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.state: dict[str, Any] = {"sync": None, "used": {}, "pending": []}
        if path.exists():
            self.state = json.loads(path.read_text())

    def take(self, synced: dict[str, Any]) -> None:
        """Keep what ``SignedGate.sync`` gave."""
        self.state["sync"] = synced
        self._keep()

    def scan(self, code: str, at: datetime) -> str:
        """The outcome of a scan, which is kept to be told later. Raises LookupError before anything was taken along."""
        outcome = self._decide(code.strip(), at)
        self.state["pending"].append(
            {"serial": secrets.token_hex(8), "code": code[:512], "scanned_at": at.isoformat(), "outcome": outcome}
        )
        self._keep()
        return outcome

    def _decide(self, code: str, at: datetime) -> str:
        taken = self.state["sync"]
        if taken is None:
            raise LookupError("nothing synced")
        try:
            claims = token.read(code, {key["id"]: base64.b64decode(key["public_key"]) for key in taken["keys"]})
        except token.Forged:
            return FORGED
        used: dict[str, int] = self.state["used"]
        if claims.group != taken["group"]:
            return WRONG_GATE
        if claims.code in taken["dead"]:
            return REVOKED
        if at < claims.starts_at:
            return EARLY
        if at >= claims.ends_at:
            return LATE
        if used.get(claims.code, 0) >= claims.uses:
            return USED
        used[claims.code] = used.get(claims.code, 0) + 1
        return ALLOWED

    def told(self, count: int) -> None:
        """Forget the first scans, which the server has."""
        del self.state["pending"][:count]
        self._keep()

    def _keep(self) -> None:
        draft = self.path.with_suffix(".new")
        draft.write_text(json.dumps(self.state))
        draft.replace(self.path)
