"""A local WeChat for development, demo and tests: the real paths, bodies and error codes over real HTTP.

Login codes of the mini-program: ``demo-merchant`` and its like sign in the demo people; ``dev-<anything>`` somebody
new, always the same for the same text. Phone codes: ``phone-<11 digits>``. The code ``busy`` answers like a WeChat
under load.
The official account's sign-in page agrees at once, on behalf of ``visiting``.
"""

import hashlib
import json
import re
import secrets
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

DEMO_ROLES = ("merchant", "tenant", "visitor", "technician")


class FakeWeChat:
    """The service as a WSGI application. ``sent`` keeps the subscribe messages that arrived."""

    def __init__(self, app_id: str, secret: str, official: tuple[str, str] = ("", "")) -> None:
        self.app_id = app_id
        self.secret = secret
        self.official = official
        """Number and secret of the official account."""
        self.visiting = "demo-merchant"
        """Whose phone opens the official account's pages; ``snapshot`` somebody who only looks at them."""
        self._spent: set[str] = set()
        self.sent: list[dict[str, Any]] = []
        self.refusing: set[str] = set()
        """openids whose agreement is used up."""
        self._tokens: set[str] = set()
        self._current = ""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        answers: dict[tuple[str, str], Callable[[Request], dict[str, Any]]] = {
            ("GET", "/sns/jscode2session"): self._login,
            ("GET", "/sns/oauth2/access_token"): self._official_login,
            ("POST", "/cgi-bin/stable_token"): self._token,
            ("POST", "/wxa/business/getuserphonenumber"): self._phone,
            ("POST", "/cgi-bin/message/subscribe/send"): self._send,
        }
        if request.path == "/connect/oauth2/authorize":
            return self._authorize(request)(environ, start_response)
        answer = answers.get((request.method, request.path))
        body = answer(request) if answer else {"errcode": 40066, "errmsg": "invalid url"}
        return Response(json.dumps(body), content_type="application/json")(environ, start_response)

    def forget_tokens(self) -> None:
        """Make every access token that was given out invalid."""
        self._tokens.clear()
        self._current = ""

    def _login(self, request: Request) -> dict[str, Any]:
        if (request.args.get("appid"), request.args.get("secret")) != (self.app_id, self.secret):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        code = request.args.get("js_code", "")
        if code == "busy":
            return {"errcode": -1, "errmsg": "system busy"}
        openid = _openid(code)
        if not openid:
            return {"errcode": 40029, "errmsg": "invalid code"}
        return {"openid": openid, "session_key": secrets.token_urlsafe(18), "unionid": f"u-{openid}"}

    def _authorize(self, request: Request) -> Response:
        """The page on which somebody agrees; it sends the browser back with a code that is good once."""
        asked = request.args
        back, scope = asked.get("redirect_uri", ""), asked.get("scope", "")
        known = asked.get("appid") == self.official[0] != "" and asked.get("response_type") == "code"
        if not known or scope not in ("snsapi_base", "snsapi_userinfo") or urlsplit(back).fragment:
            return Response("参数错误", 400, content_type="text/plain; charset=utf-8")
        code = f"{scope}.{secrets.token_hex(12)}.{self.visiting}"  # told apart by every process that serves a fake
        joined = "&" if urlsplit(back).query else "?"
        return redirect(f"{back}{joined}{urlencode({'code': code, 'state': asked.get('state', '')})}")

    def _official_login(self, request: Request) -> dict[str, Any]:
        if (request.args.get("appid"), request.args.get("secret")) != self.official:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        code = request.args.get("code", "")
        match = re.fullmatch(r"(snsapi_base|snsapi_userinfo)\.[0-9a-f]{24}\.(\S+)", code)
        if match is None:
            return {"errcode": 40029, "errmsg": "invalid code"}
        if code in self._spent:
            return {"errcode": 40163, "errmsg": "code been used"}
        self._spent.add(code)
        scope, who = match.groups()
        openid = "oa-" + hashlib.sha256(who.encode()).hexdigest()[:25]
        found = {"access_token": secrets.token_urlsafe(32), "expires_in": 7200, "openid": openid, "scope": scope}
        if who == "snapshot":
            return found | {"is_snapshotuser": 1}
        return found | ({"unionid": f"u-{_openid(who)}"} if scope == "snsapi_userinfo" else {})

    def _token(self, request: Request) -> dict[str, Any]:
        body = request.get_json(silent=True) or {}
        if (body.get("appid"), body.get("secret")) != (self.app_id, self.secret):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        if not self._current or body.get("force_refresh"):
            self._current = secrets.token_urlsafe(32)
            self._tokens.add(self._current)
        return {"access_token": self._current, "expires_in": 7200}

    def _phone(self, request: Request) -> dict[str, Any]:
        if request.args.get("access_token") not in self._tokens:
            return {"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"}
        code = (request.get_json(silent=True) or {}).get("code", "")
        match = re.fullmatch(r"phone-(1\d{10})", code)
        if not match:
            return {"errcode": 40029, "errmsg": "invalid code"}
        number = match[1]
        info = {"phoneNumber": f"+86{number}", "purePhoneNumber": number, "countryCode": "86"}
        return {"errcode": 0, "errmsg": "ok", "phone_info": info}

    def _send(self, request: Request) -> dict[str, Any]:
        if request.args.get("access_token") not in self._tokens:
            return {"errcode": 40001, "errmsg": "invalid credential"}
        body = request.get_json(silent=True) or {}
        if body.get("touser") in self.refusing:
            return {"errcode": 43101, "errmsg": "user refuse to accept the msg"}
        if not body.get("template_id"):
            return {"errcode": 40037, "errmsg": "invalid template_id"}
        self.sent.append(body)
        return {"errcode": 0, "errmsg": "ok"}


def _openid(code: str) -> str:
    """Whom a code of the mini-program belongs to; empty: nobody."""
    role = code.removeprefix("demo-")
    if code.startswith("demo-") and role in DEMO_ROLES:
        return f"demo-openid-{role}"
    return "o" + hashlib.sha256(code.encode()).hexdigest()[:27] if re.fullmatch(r"dev-\S{1,64}", code) else ""


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        return


def serve(fake: FakeWeChat) -> str:
    """Serve the fake from a thread on a free loopback port for the life of this process; its address."""
    server: WSGIServer = make_server("127.0.0.1", 0, fake, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, name="fake-wechat", daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
