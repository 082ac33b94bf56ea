"""A machine as the program sees it: something that signs its calls."""

import hashlib
import hmac
import json
import time
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse


class SigningMachine:
    """Signs with its key as ``app/core/api/machines.py`` describes, written anew from the description."""

    def __init__(self, app: Flask, key_id: str, secret: str, name: str = "machine") -> None:
        self.client, self.key_id, self.secret, self.name = app.test_client(), key_id, secret, name
        self.count = 0

    def call(self, method: str, path: str, body: Any = None, **changes: str) -> TestResponse:
        """Call ``path``; ``changes`` spoil it: ``timestamp`` and ``nonce`` before it is signed, ``signature``,
        ``content``, ``to`` (another address) and ``by`` (another method) afterwards."""
        self.count += 1
        content = "" if body is None else json.dumps(body)
        sent = {"timestamp": str(int(time.time())), "nonce": f"{self.name}-{self.count:08d}", **changes}
        text = f"{method}\n{path}\n{sent['timestamp']}\n{sent['nonce']}\n{content}"
        signature = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        headers = {
            "X-Key-Id": self.key_id, "X-Timestamp": sent["timestamp"], "X-Nonce": sent["nonce"],
            "X-Signature": changes.get("signature", signature),
        }  # fmt: skip
        return self.client.open(
            changes.get("to", path), method=changes.get("by", method), data=changes.get("content", content),
            headers=headers, content_type="application/json",
        )  # fmt: skip
