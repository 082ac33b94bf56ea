"""A local WeChat Pay v3 for development, demo and tests: the real paths, bodies, error codes and cryptography.

It checks the signature of every request, signs every answer, and tells of payments and refunds by signed, encrypted
callbacks, again and again until they are answered, as the real one does. Never used in production.
"""

import base64
import gzip
import hashlib
import json
import re
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from werkzeug.wrappers import Request, Response

from app.core import clock
from app.integrations.wechatpay.account import Account
from app.integrations.wechatpay.fake_books import Books, Keys
from app.integrations.wechatpay.tradebill import COLUMNS, SUMS

AGAIN_AFTER = (15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600)
"""Seconds after which an unanswered callback is sent again."""
PATIENCE = 5
"""Seconds within which a callback must be answered."""
REFUND_SECONDS = 2
_AUTHORIZATION = re.compile(r'(\w+)="([^"]*)"')
_OUT_TRADE_NO = re.compile(r"/v3/pay/transactions/out-trade-no/([\w|*-]{6,32})(/close)?")
_REFUND_NO = re.compile(r"/v3/refund/domestic/refunds/([\w|*@-]{1,64})")


class Refused(Exception):
    """An error answer of WeChat Pay."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message


class Notice:
    """A callback as it goes over the wire."""

    def __init__(self, url: str, headers: dict[str, str], body: bytes) -> None:
        self.url = url
        self.headers = headers
        self.body = body


class FakeWeChatPay:
    """The service as a WSGI application over the books in ``folder``.

    ``pushes``: callbacks are sent and refunds paid out by themselves. ``failing``: an error code that every call gets.
    ``refusing_refunds``: the error code that new refunds get. ``forging``: answers are signed wrongly.
    """

    def __init__(self, folder: Path, app_id: str, *, pushes: bool = False, official_app_id: str = "") -> None:
        self.app_id = app_id
        self.official_app_id = official_app_id
        self.keys = Keys(folder)
        self.books = Books(folder)
        self.pushes = pushes
        self.failing = self.refusing_refunds = ""
        self.forging = False
        self._secret = hashlib.sha256(self.keys.apiv3_key.encode()).hexdigest()[:32]
        self._lock = threading.Lock()

    def account(self, notify_url: str, certificates: tuple[str, ...] = ()) -> Account:
        """The merchant's side of it."""
        keys = self.keys
        return Account(
            self.app_id, keys.mch_id, keys.serial_no, keys.merchant_pem, keys.public_key_id, keys.public_pem,
            keys.apiv3_key, notify_url, certificates, self.official_app_id,
        )  # fmt: skip

    # ---- what happens outside of us

    def pay(self, number: str) -> bool:
        """A person pays an order; whether it was open."""
        paid = self.books.pay(number)
        if paid and self.pushes:
            self._push(self.notice_of_payment(number))
        return paid

    def end_refund(self, number: str, state: str = "SUCCESS") -> bool:
        """The bank pays a refund out, or (ABNORMAL, CLOSED) does not."""
        ended = self.books.end_refund(number, state)
        if ended and self.pushes:
            self._push(self.notice_of_refund(number))
        return ended

    def notice_of_payment(self, number: str, **changes: Any) -> Notice:
        """The callback that tells of a paid order; ``changes`` are laid over what it says."""
        order = self.books.order(number)
        assert order is not None
        return self.notice("TRANSACTION.SUCCESS", self._trade(order) | changes, order["notify_url"])

    def notice_of_refund(self, number: str, **changes: Any) -> Notice:
        """The callback that tells how a refund ended."""
        refund = self.books.refund(number)
        assert refund is not None
        said = self._repayment(refund)
        said["refund_status"] = said.pop("status")
        event = f"REFUND.{refund['state']}"
        return self.notice(event, {"mchid": self.keys.mch_id} | said | changes, refund["notify_url"])

    def notice(
        self, event: str, resource: dict[str, Any], url: str, *, key: RSAPrivateKey | None = None, serial: str = "",
        at: int | None = None,
    ) -> Notice:  # fmt: skip
        """A signed, encrypted callback; by another ``key``, or from another time, to try what comes of it."""
        kind = "transaction" if event.startswith("TRANSACTION") else "refund"
        nonce = secrets.token_hex(6)
        plain = json.dumps(resource, ensure_ascii=False).encode()
        cipher = AESGCM(self.keys.apiv3_key.encode()).encrypt(nonce.encode(), plain, kind.encode())
        body = json.dumps({
            "id": secrets.token_hex(16),
            "create_time": clock.local(clock.now()).isoformat(timespec="seconds"),
            "resource_type": "encrypt-resource",
            "event_type": event,
            "summary": "支付成功" if kind == "transaction" else "退款通知",
            "resource": {
                "original_type": kind, "algorithm": "AEAD_AES_256_GCM", "nonce": nonce, "associated_data": kind,
                "ciphertext": base64.b64encode(cipher).decode(),
            },
        }, ensure_ascii=False).encode()  # fmt: skip
        signed = self._signed(body, key or self.keys.platform, serial or self.keys.public_key_id, at)
        return Notice(url, {"Content-Type": "application/json", **signed}, body)

    def deliver(self, notice: Notice) -> int:
        """Send a callback once; the status of the answer, 0 for none."""
        try:
            answer = requests.post(notice.url, data=notice.body, headers=notice.headers, timeout=PATIENCE)
        except requests.RequestException:
            return 0
        return answer.status_code

    def _push(self, notice: Notice) -> None:
        def keep_on() -> None:
            for wait in (0, *AGAIN_AFTER):
                time.sleep(wait)
                fresh = self._signed(notice.body, self.keys.platform, self.keys.public_key_id, None)
                if 200 <= self.deliver(Notice(notice.url, notice.headers | fresh, notice.body)) < 300:
                    return

        threading.Thread(target=keep_on, name="fake-wechatpay-callback", daemon=True).start()

    # ---- the service

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        try:
            response = self._answer(request)
        except Refused as refused:
            problem = {"code": refused.code, "message": refused.message}
            response = _json(problem, refused.status)
        key = self.keys.merchant if self.forging else self.keys.platform
        response.headers.extend(self._signed(response.get_data(), key, self.keys.public_key_id, int(time.time())))
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if self.failing:
            raise Refused(500, self.failing, "系统异常")
        self._verify(request)
        match request.method, request.path:
            case "POST", "/v3/pay/transactions/jsapi":
                return _json(self._prepay(request.get_json()))
            case "POST", "/v3/refund/domestic/refunds":
                return _json(self._refund(request.get_json()))
            case "GET", "/v3/bill/tradebill":
                return _json(self._bill(request))
            case "GET", "/v3/billdownload/file":
                return self._file(request)
        if found := _OUT_TRADE_NO.fullmatch(request.path):
            if found[2] and request.method == "POST":
                self._close(found[1])
                return Response(status=204)
            return _json(self._trade(self._order(found[1])))
        if found := _REFUND_NO.fullmatch(request.path):
            refund = self.books.refund(found[1])
            if refund is None:
                raise Refused(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
            return _json(self._repayment(refund))
        raise Refused(404, "NOT_FOUND", "没有这个接口")

    def _verify(self, request: Request) -> None:
        scheme, _space, fields = request.headers.get("Authorization", "").partition(" ")
        said = dict(_AUTHORIZATION.findall(fields))
        path = request.full_path if request.query_string else request.path
        text = "\n".join((request.method, path, said.get("timestamp", ""), said.get("nonce_str", ""), ""))
        try:
            signature = base64.b64decode(said["signature"])
            self.keys.merchant.public_key().verify(
                signature, text.encode() + request.get_data() + b"\n", PKCS1v15(), SHA256()
            )
            known = (said["mchid"], said["serial_no"]) == (self.keys.mch_id, self.keys.serial_no)
            fresh = abs(time.time() - int(said["timestamp"])) <= 300
        except (LookupError, ValueError, InvalidSignature):
            known = fresh = False
        if scheme != "WECHATPAY2-SHA256-RSA2048" or not known or not fresh:
            raise Refused(401, "SIGN_ERROR", "签名错误")

    def _signed(self, body: bytes, key: RSAPrivateKey, serial: str, at: int | None) -> dict[str, str]:
        timestamp, nonce = str(int(clock.now().timestamp()) if at is None else at), secrets.token_hex(16)
        signature = key.sign(f"{timestamp}\n{nonce}\n".encode() + body + b"\n", PKCS1v15(), SHA256())
        return {
            "Wechatpay-Timestamp": timestamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": serial,
            "Wechatpay-Signature": base64.b64encode(signature).decode(),
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }

    def _order(self, number: str) -> dict[str, Any]:
        order = self.books.order(number)
        if order is None:
            raise Refused(404, "ORDER_NOT_EXIST", "订单不存在")
        return order

    def _prepay(self, asked: dict[str, Any]) -> dict[str, Any]:
        app = self._app_of(asked["payer"]["openid"])
        if (asked.get("appid"), asked.get("mchid")) != (app, self.keys.mch_id):
            raise Refused(400, "APPID_MCHID_NOT_MATCH", "appid 和 mch_id 不匹配")
        total = asked["amount"]["total"]
        if not isinstance(total, int) or total < 1 or len(asked["description"].encode()) > 127:
            raise Refused(400, "PARAM_ERROR", "参数错误")
        order = self.books.place(asked)
        if order["state"] == "SUCCESS":
            raise Refused(400, "ORDERPAID", "该订单已支付")
        if order["state"] != "NOTPAY":
            raise Refused(400, "ORDER_CLOSED", "该订单已关闭")
        if (order["total"], order["openid"]) != (total, asked["payer"]["openid"]):
            raise Refused(400, "INVALID_REQUEST", "201 商户订单号重复")
        return {"prepay_id": order["prepay_id"]}

    def _app_of(self, openid: str) -> str:
        """Whose number an openid is: the fake official account's begin with ``oa-``."""
        return self.official_app_id if openid.startswith("oa-") else self.app_id

    def _close(self, number: str) -> None:
        if self._order(number)["state"] == "SUCCESS":
            raise Refused(400, "ORDERPAID", "该订单已支付")
        self.books.close(number)

    def _trade(self, order: dict[str, Any]) -> dict[str, Any]:
        said = {
            "appid": self._app_of(order["openid"]), "mchid": self.keys.mch_id, "out_trade_no": order["out_trade_no"],
            "trade_state": order["state"], "trade_state_desc": "", "payer": {"openid": order["openid"]},
        }  # fmt: skip
        if order["state"] != "SUCCESS":
            return said
        return said | {
            "trade_type": "JSAPI", "bank_type": "CMB_DEBIT", "transaction_id": order["transaction_id"],
            "trade_state_desc": "支付成功", "success_time": order["success_time"],
            "amount": {"total": order["total"], "payer_total": order["total"], "currency": order["currency"],
                       "payer_currency": "CNY"},
        }  # fmt: skip

    def _refund(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.refusing_refunds:
            raise Refused(403, self.refusing_refunds, "基本账户余额不足")
        with self._lock:
            known = self.books.refund(asked["out_refund_no"])
            order = self._order(asked["out_trade_no"])
            amount = asked["amount"]
            if order["state"] != "SUCCESS" or amount["total"] != order["total"]:
                raise Refused(400, "INVALID_REQUEST", "订单状态或金额不正确")
            if known is None and self.books.refunded(order["out_trade_no"]) + amount["refund"] > order["total"]:
                raise Refused(403, "REFUND_AMOUNT_EXCEEDS", "退款金额超过订单金额")
            if known is not None and known["refund"] != amount["refund"]:
                raise Refused(400, "PARAM_ERROR", "退款单号重复")
            refund = self.books.start_refund(asked)
        if known is None and self.pushes:
            paying = threading.Timer(REFUND_SECONDS, self.end_refund, (refund["out_refund_no"],))
            paying.daemon = True
            paying.start()
        return self._repayment(refund)

    def _repayment(self, refund: dict[str, Any]) -> dict[str, Any]:
        order = self.books.order(refund["out_trade_no"])
        assert order is not None
        said = {
            "refund_id": refund["refund_id"], "out_refund_no": refund["out_refund_no"], "status": refund["state"],
            "out_trade_no": refund["out_trade_no"], "transaction_id": order["transaction_id"],
            "amount": {"total": order["total"], "refund": refund["refund"], "currency": "CNY"},
        }  # fmt: skip
        return said | ({"success_time": refund["success_time"]} if refund["success_time"] else {})

    def _bill(self, request: Request) -> dict[str, Any]:
        day = date.fromisoformat(request.args["bill_date"])
        now = clock.local(clock.now())
        if day >= now.date() or ((now.date() - day).days == 1 and now.hour < 9):
            raise Refused(400, "STATEMENT_CREATING", "账单生成中")
        content = self.bill_of(day)
        if content is None:
            raise Refused(400, "NO_STATEMENT_EXIST", "账单不存在")
        return {
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            "download_url": f"https://api.mch.weixin.qq.com/v3/billdownload/file?token={self._secret}{day}",
        }

    def _file(self, request: Request) -> Response:
        token = request.args.get("token", "")
        if not token.startswith(self._secret):
            raise Refused(400, "INVALID_REQUEST", "token 无效")
        content = self.bill_of(date.fromisoformat(token.removeprefix(self._secret)))
        return Response(gzip.compress(content or b""), content_type="application/octet-stream")

    def bill_of(self, day: date) -> bytes | None:
        """A day's bill as a file; None without trades."""
        orders, refunds = self.books.day(day)
        if not orders and not refunds:
            return None
        rows = [self._line(order, "SUCCESS", order["success_time"]) for order in orders]
        for refund in refunds:
            order = self.books.order(refund["out_trade_no"])
            assert order is not None
            back = {"订单金额": "0.00", "应结订单金额": "0.00", "微信退款单号": refund["refund_id"],
                    "商户退款单号": refund["out_refund_no"], "退款金额": _yuan(refund["refund"]),
                    "申请退款金额": _yuan(refund["refund"]), "退款类型": "ORIGINAL", "退款状态": "SUCCESS"}  # fmt: skip
            rows.append(self._line(order, "REFUND", refund["success_time"]) | back)
        paid, back_fen = sum(order["total"] for order in orders), sum(refund["refund"] for refund in refunds)
        sums = (str(len(rows)), _yuan(paid), _yuan(back_fen), "0.00", "0.00", _yuan(paid), _yuan(back_fen))
        lines = [",".join(COLUMNS), *(",".join(f"`{row[name]}" for name in COLUMNS) for row in rows)]
        lines += [",".join(SUMS), ",".join(f"`{text}" for text in sums)]
        return ("\ufeff" + "\r\n".join(lines) + "\r\n").encode()

    def _line(self, order: dict[str, Any], state: str, at: str) -> dict[str, str]:
        empty = dict.fromkeys(COLUMNS, "")
        return empty | {
            "交易时间": at[:19].replace("T", " "), "公众账号ID": self.app_id, "商户号": self.keys.mch_id,
            "特约商户号": "0", "微信订单号": order["transaction_id"], "商户订单号": order["out_trade_no"],
            "用户标识": order["openid"],
            "交易类型": "JSAPI", "交易状态": state, "付款银行": "CMB_DEBIT", "货币种类": "CNY",
            "应结订单金额": _yuan(order["total"]), "代金券金额": "0.00", "微信退款单号": "0", "商户退款单号": "0",
            "退款金额": "0.00", "充值券退款金额": "0.00", "商品名称": order["description"].replace(",", " "),
            "手续费": "0.00000", "费率": "0.60%", "订单金额": _yuan(order["total"]), "申请退款金额": "0.00",
        }  # fmt: skip


def _yuan(fen: int) -> str:
    return str(Decimal(fen).scaleb(-2).quantize(Decimal("0.01")))


def _json(content: dict[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(content, ensure_ascii=False), status, content_type="application/json; charset=utf-8")


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_args: Any) -> None:
        return


def serve(fake: FakeWeChatPay) -> str:
    """Serve the fake from a thread on a free loopback port for the life of this process; its address."""
    server: WSGIServer = make_server("127.0.0.1", 0, fake, handler_class=_Quiet)
    threading.Thread(target=server.serve_forever, name="fake-wechatpay", daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
