"""A small client of WeChat's mini-program server API, and of signing in to web pages through an official account.

Interfaces: code2Session, getStableAccessToken, getuserphonenumber, subscribeMessage.send
(developers.weixin.qq.com/miniprogram/dev/OpenApiDoc); 网页授权 (developers.weixin.qq.com/doc/offiaccount).
Secrets, codes and session keys are never logged.
"""

import threading
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests
from flask_babel import gettext as _

from app.core.errors import Invalid, Unavailable

TIMEOUT = (3, 5)
"""Seconds to connect, to answer."""
RENEW_BEFORE = 300
"""Seconds before its end at which an access token is fetched anew (the old one stays good: stable_token)."""

DEAD_TOKEN = (40001, 40014, 42001)
BAD_CODE = (40029, 40163, 40226, 41008)
NO_AGREEMENT = 43101
BUSY = (-1, 45009, 45011)
SCOPES = ("snsapi_base", "snsapi_userinfo")


@dataclass(frozen=True)
class Session:
    """Who a login code belongs to. The session key stays on the server and is not kept."""

    openid: str
    unionid: str | None


class Service:
    """One app of WeChat's at ``base_url``, and how it is called."""

    def __init__(self, base_url: str, app_id: str, secret: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.app_id = app_id
        self._secret = secret
        self._http = requests.Session()
        self._http.trust_env = False

    def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, self.base_url + path, timeout=TIMEOUT, **request)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError):
            raise Unavailable(_("暂时无法连接微信，请稍后再试")) from None  # the chained error would show the secret
        if not isinstance(found, dict):
            raise Unavailable(_("暂时无法连接微信，请稍后再试"))
        return found

    @staticmethod
    def _refuse(answer: dict[str, Any], wanted: str) -> None:
        code = answer.get("errcode", 0)
        if code in BAD_CODE:
            raise Invalid.field("code", _("登录凭证无效或已使用，请重试"))
        if code or wanted not in answer:
            raise Unavailable(_("微信返回错误（%(code)s），请稍后再试", code=code))


class OfficialAccount(Service):
    """An official account, through which somebody signs in to pages inside WeChat.

    ``open_url`` is where WeChat asks the person; ``scope`` one of ``SCOPES``: only with the second does WeChat tell who
    the same person is in the mini-program.
    """

    def __init__(self, base_url: str, open_url: str, app_id: str, secret: str, scope: str) -> None:
        super().__init__(base_url, app_id, secret)
        self.open_url = open_url.rstrip("/")
        self._scope = scope

    def address(self, back: str, state: str) -> str:
        """Where to send the browser: WeChat sends it on to ``back`` with a code and this ``state``."""
        asked = urlencode(
            {"appid": self.app_id, "redirect_uri": back, "response_type": "code", "scope": self._scope, "state": state}
        )  # in this order: WeChat refuses another
        return f"{self.open_url}/connect/oauth2/authorize?{asked}#wechat_redirect"

    def login(self, code: str) -> Session:
        """Exchange a code of that address. Raises Invalid for a used or forged one, and for the look at a page that
        WeChat lets people have without being themselves; Unavailable when WeChat is silent.
        """
        answer = self._call(
            "GET", "/sns/oauth2/access_token",
            params={"appid": self.app_id, "secret": self._secret, "code": code, "grant_type": "authorization_code"},
        )  # fmt: skip
        self._refuse(answer, "openid")
        if answer.get("is_snapshotuser"):
            raise Invalid.field("code", _("请先点击页面右下角的“使用完整服务”，再登录"))
        return Session(str(answer["openid"]), answer.get("unionid"))


class WeChat(Service):
    """The interfaces of one mini-program."""

    def __init__(self, base_url: str, app_id: str, secret: str) -> None:
        super().__init__(base_url, app_id, secret)
        self._token = ("", 0.0)
        self._lock = threading.Lock()

    def login(self, code: str) -> Session:
        """Exchange a ``wx.login`` code. Raises Invalid for a used or forged one, Unavailable when WeChat is silent."""
        answer = self._call(
            "GET", "/sns/jscode2session",
            params={"appid": self.app_id, "secret": self._secret, "js_code": code, "grant_type": "authorization_code"},
        )  # fmt: skip
        self._refuse(answer, "openid")
        return Session(str(answer["openid"]), answer.get("unionid"))

    def phone_number(self, code: str) -> str:
        """Exchange the code of the phone-number button: country code and number, as in +8613800138000.

        Raises as ``login``.
        """
        answer = self._with_token("/wxa/business/getuserphonenumber", {"code": code})
        self._refuse(answer, "phone_info")
        info = answer["phone_info"]
        return f"+{info['countryCode']}{info['purePhoneNumber']}"

    def send_subscribe_message(self, openid: str, template: str, page: str, data: dict[str, str]) -> int:
        """Send one; returns WeChat's errcode (0 sent, 43101 the agreement is used up: final). Raises Unavailable."""
        answer = self._with_token(
            "/cgi-bin/message/subscribe/send",
            {"touser": openid, "template_id": template, "page": page,
             "data": {key: {"value": text} for key, text in data.items()}},
        )  # fmt: skip
        code = int(answer.get("errcode", 0))
        if code in BUSY:
            raise Unavailable(_("微信服务繁忙，请稍后再试"))
        return code

    def _with_token(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = self._call("POST", path, params={"access_token": self._access_token()}, json=body)
        if answer.get("errcode") in DEAD_TOKEN:
            answer = self._call("POST", path, params={"access_token": self._access_token(renew=True)}, json=body)
        return answer

    def _access_token(self, *, renew: bool = False) -> str:
        with self._lock:
            token, good_until = self._token
            if renew or time.monotonic() >= good_until:
                answer = self._call(
                    "POST", "/cgi-bin/stable_token",
                    json={"grant_type": "client_credential", "appid": self.app_id, "secret": self._secret,
                          "force_refresh": False},
                )  # fmt: skip
                if "access_token" not in answer:
                    raise Unavailable(_("微信服务配置有误，请联系管理员"))
                token = str(answer["access_token"])
                self._token = (token, time.monotonic() + int(answer["expires_in"]) - RENEW_BEFORE)
            return token
