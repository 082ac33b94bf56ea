"""A phone for tests: signs in through the (fake) WeChat and calls the API as the mini-program does."""

import io
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse


class Phone:
    """One member's phone; ``code`` is what ``wx.login`` gave (None: not signed in)."""

    def __init__(self, app: Flask, code: str | None) -> None:
        self.client: FlaskClient = app.test_client(use_cookies=False)
        self.headers: dict[str, str] = {}
        self.member: dict[str, Any] = {}
        if code is not None:
            answer = self.post("/auth/wechat", {"code": code})
            assert answer.status_code == 200, answer.text
            assert answer.json is not None
            self.headers = {"Authorization": f"Bearer {answer.json['token']}"}
            self.member = answer.json["member"]

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Any request; header names with ``_`` for ``-``."""
        more = {name.replace("_", "-"): text for name, text in headers.items()}
        return self.client.open(
            f"/api/v1{path}", method=method, headers=self.headers | more, **({} if body is None else {"json": body})
        )

    def get(self, path: str) -> TestResponse:
        return self.call("GET", path)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.call("POST", path, body, **headers)

    def patch(self, path: str, body: Any) -> TestResponse:
        return self.call("PATCH", path, body)

    def delete(self, path: str) -> TestResponse:
        return self.call("DELETE", path)

    def upload(self, content: bytes | None = None, purpose: str = "certification") -> TestResponse:
        """Upload a picture."""
        return self.client.post(
            "/api/v1/media",
            headers=self.headers,
            data={"file": (io.BytesIO(picture() if content is None else content), "证件.jpg"), "purpose": purpose},
        )

    def role(self) -> str:
        """What the server says this member is now."""
        answer = self.get("/me")
        assert answer.json is not None
        return str(answer.json["role"])


def picture(size: tuple[int, int] = (320, 200), kind: str = "JPEG", **options: Any) -> bytes:
    """A small picture file."""
    out = io.BytesIO()
    Image.new("RGB", size, (200, 220, 240)).save(out, kind, **options)
    return out.getvalue()
