"""WeChat Pay v3 as a payment channel, over the SDK ``wechatpayv3`` in public-key mode.

Source of the rules: pay.weixin.qq.com/doc/v3 (JSAPI payment, refunds, trade bill, callbacks). The SDK knows no base
address and no age of a callback, answers an unknown key by asking the network, and raises bare exceptions: all of
that ends in this file.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import structlog
from cryptography.x509 import load_pem_x509_certificate
from flask_babel import gettext as _
from wechatpayv3 import WeChatPay, WeChatPayType

from app.core import clock
from app.core.errors import Unavailable
from app.integrations.wechatpay import tradebill
from app.integrations.wechatpay.account import Account
from app.modules.billing.channels import (
    ChannelRefused,
    Order,
    RefusedNotice,
    Repayment,
    RepaymentState,
    StatementRow,
    Trade,
    TradeState,
)

GATEWAY = "https://api.mch.weixin.qq.com"
TIMEOUT = (3, 8)
"""Seconds to connect, to answer."""
OLDEST = 300
"""Seconds that a callback's timestamp may differ from our clock; the protocol asks for five minutes."""
SIGNATURE_TYPE = "WECHATPAY2-SHA256-RSA2048"
PROBE = "WECHATPAY/SIGNTEST/"
"""Begins the signature of callbacks by which WeChat tries whether we check signatures at all."""

TRADES: dict[str, TradeState] = {
    "SUCCESS": "paid", "REFUND": "paid", "NOTPAY": "pending", "USERPAYING": "pending", "ACCEPT": "pending",
    "CLOSED": "closed", "REVOKED": "closed", "PAYERROR": "failed",
}  # fmt: skip
REPAYMENTS: dict[str, RepaymentState] = {
    "SUCCESS": "done", "PROCESSING": "pending", "CLOSED": "failed", "ABNORMAL": "failed",
}  # fmt: skip
FAILURES = {"CLOSED": "退款关闭", "ABNORMAL": "退款异常：用户的银行卡或账户不能收款，请在微信商户平台处理"}
ABSENT = ("ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS")
BUSY = ("SYSTEM_ERROR", "SYSTEMERROR", "FREQUENCY_LIMITED", "RATELIMIT_EXCEEDED", "BANK_ERROR", "BANKERROR",
        "STATEMENT_CREATING")  # fmt: skip

log = structlog.get_logger("wechatpay")


class _Refusal(Exception):
    """An answer of WeChat Pay that is no success, and final."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class WeChatPayChannel:
    """The account at ``gateway``. ``cashier`` is the address of a page that stands in for the phone's cashier."""

    name = "wechat"

    def __init__(self, account: Account, gateway: str = GATEWAY, cashier: str = "") -> None:
        self._account = account
        self._cashier = cashier
        self._sdk = WeChatPay(
            WeChatPayType.JSAPI,
            mchid=account.mch_id,
            private_key=account.private_key,
            cert_serial_no=account.serial_no,
            appid=account.app_id,
            apiv3_key=account.apiv3_key,
            notify_url=account.notify_url,
            timeout=TIMEOUT,
            public_key=account.public_key,
            public_key_id=account.public_key_id,
        )
        certificates = [load_pem_x509_certificate(text.encode()) for text in account.certificates]
        self._sdk._core._gate_way = gateway.rstrip("/")
        self._sdk._core._certificates = certificates
        self._serials = {certificate.serial_number for certificate in certificates}

    def prepay(self, order: Order) -> str:
        """See ``PaymentChannel``."""
        try:
            answer = self._call(
                self._sdk.pay,
                description=order.description,
                out_trade_no=order.number,
                amount={"total": order.amount_fen, "currency": "CNY"},
                payer={"openid": order.payer},
                time_expire=clock.local(order.expires_at).isoformat(timespec="seconds"),
                appid=self._app(order.official),
            )
        except _Refusal as refusal:
            raise _said_no(refusal) from None
        return str(answer["prepay_id"])

    def _app(self, official: bool) -> str:
        return self._account.official_app_id if official else self._account.app_id

    def pay_params(self, prepay_id: str, back: str, *, official: bool = False) -> dict[str, Any]:
        """See ``PaymentChannel``; the fields of ``wx.requestPayment`` and of ``getBrandWCPayRequest``."""
        app_id, package = self._app(official), f"prepay_id={prepay_id}"
        timestamp, nonce = str(int(clock.now().timestamp())), secrets.token_hex(16)
        params = {
            "appId": app_id,
            "timeStamp": timestamp,
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self._sdk.sign([app_id, timestamp, nonce, package]),
        }
        if self._cashier:
            params["cashier_url"] = f"{self._cashier}/{prepay_id}?{urlencode({'back': back})}"
        return params

    def query(self, number: str) -> Trade:
        """See ``PaymentChannel``."""
        try:
            return self._trade(self._call(self._sdk.query, out_trade_no=number))
        except _Refusal as refusal:
            if refusal.code in ABSENT:
                return Trade(number, "absent")
            raise _said_no(refusal) from None

    def close(self, number: str) -> None:
        """See ``PaymentChannel``."""
        try:
            self._call(self._sdk.close, out_trade_no=number)
        except _Refusal as refusal:
            log.info("not closed", code=refusal.code)

    def refund(self, number: str, payment_number: str, amount_fen: int, total_fen: int, reason: str) -> Repayment:
        """See ``PaymentChannel``."""
        try:
            answer = self._call(
                self._sdk.refund,
                out_refund_no=number,
                out_trade_no=payment_number,
                amount={"refund": amount_fen, "total": total_fen, "currency": "CNY"},
                reason=reason[:26],  # at most 80 bytes
            )
        except _Refusal as refusal:
            return Repayment(number, "failed", amount_fen=amount_fen, failure=f"{refusal.code} {refusal.message}")
        return self._repayment(answer, answer["status"])

    def query_refund(self, number: str) -> Repayment:
        """See ``PaymentChannel``."""
        try:
            answer = self._call(self._sdk.query_refund, out_refund_no=number)
        except _Refusal as refusal:
            if refusal.code in ABSENT:
                return Repayment(number, "absent")
            raise _said_no(refusal) from None
        return self._repayment(answer, answer["status"])

    def daily_bill(self, day: date) -> list[StatementRow]:
        """See ``PaymentChannel``; there is one after 10:00 of the next day, for three months."""
        try:
            answer = self._call(self._sdk.trade_bill, bill_date=day.isoformat())
            place = urlsplit(answer["download_url"])
            packed = self._call(self._sdk.download_bill, url=f"{place.path}?{place.query}")
        except _Refusal as refusal:
            if refusal.code == "NO_STATEMENT_EXIST":  # nobody paid on that day
                return []
            raise _said_no(refusal) from None
        return tradebill.read(tradebill.unpack(packed["content"], answer["hash_value"]))

    def read_bill(self, content: bytes) -> list[StatementRow]:
        """See ``PaymentChannel``; as the merchant platform gives it (.csv, or packed)."""
        return tradebill.read(tradebill.unpack(content))

    def read_callback(self, headers: Mapping[str, str], body: bytes) -> Trade | Repayment:
        """See ``PaymentChannel``."""
        needed = ("Wechatpay-Serial", "Wechatpay-Signature", "Wechatpay-Timestamp", "Wechatpay-Nonce")
        sent = {name: headers.get(name, "") for name in needed}
        if not all(sent.values()):
            raise RefusedNotice("headers")
        if sent["Wechatpay-Signature"].startswith(PROBE):
            raise RefusedNotice("probe")
        if not self._knows(sent["Wechatpay-Serial"]):  # the SDK would ask the network for each one
            raise RefusedNotice("serial", suspicious=True)
        if not _recent(sent["Wechatpay-Timestamp"]):
            raise RefusedNotice("stale", suspicious=True)
        try:
            notice = self._sdk.callback({**sent, "Wechatpay-Signature-Type": SIGNATURE_TYPE}, body)
        except Exception as error:  # whatever the SDK trips over was not made by WeChat
            raise RefusedNotice("signature", suspicious=True) from error
        if not notice:
            raise RefusedNotice("signature", suspicious=True)
        try:
            return self._told(str(notice["event_type"]), notice["resource"])
        except (LookupError, TypeError, ValueError) as error:
            raise RefusedNotice("content", suspicious=True) from error

    def _told(self, event: str, resource: dict[str, Any]) -> Trade | Repayment:
        if event.startswith("TRANSACTION."):
            return self._trade(resource)
        if event.startswith("REFUND."):
            return self._repayment(resource, resource["refund_status"])
        raise RefusedNotice("event")

    def _knows(self, serial: str) -> bool:
        if serial == self._account.public_key_id:
            return True
        try:
            return int(serial, 16) in self._serials
        except ValueError:
            return False

    def _trade(self, said: dict[str, Any]) -> Trade:
        state = TRADES[said["trade_state"]]
        apps = (self._account.app_id, self._account.official_app_id or self._account.app_id)
        ours = said.get("appid") in apps and said.get("mchid") == self._account.mch_id
        if state != "paid":
            return Trade(said["out_trade_no"], state, ours=ours)
        amount = said["amount"]
        return Trade(
            said["out_trade_no"], state, str(said["transaction_id"]), int(amount["total"]),
            str(amount.get("currency", "CNY")), datetime.fromisoformat(said["success_time"]), ours,
        )  # fmt: skip

    def _repayment(self, said: dict[str, Any], status: str) -> Repayment:
        done_at = said.get("success_time")
        return Repayment(
            said["out_refund_no"], REPAYMENTS[status], str(said["refund_id"]), int(said["amount"]["refund"]),
            datetime.fromisoformat(done_at) if done_at else None, FAILURES.get(status, ""),
            said.get("mchid", self._account.mch_id) == self._account.mch_id,
        )  # fmt: skip

    def _call(self, function: Callable[..., tuple[int, str | bytes]], **asked: Any) -> dict[str, Any]:
        """Ask; what is answered. Raises _Refusal, or Unavailable when there is no genuine answer."""
        try:
            status, answer = function(**asked)
        except Exception as error:  # the SDK has no class of its own, for a wrong signature neither
            log.warning("no answer", call=function.__name__, error=type(error).__name__)
            raise _away() from None
        if 200 <= status < 300:
            if function == self._sdk.download_bill:
                return {"content": answer.encode() if isinstance(answer, str) else answer}
            return dict(json.loads(answer)) if answer else {}
        try:
            problem = json.loads(answer)
            code, message = str(problem["code"]), str(problem.get("message", ""))
        except (ValueError, LookupError, TypeError):
            code, message = "SYSTEM_ERROR", ""
        log.info("refused", call=function.__name__, status=status, code=code)
        if status >= 500 or status == 429 or code in BUSY:
            raise _away()
        raise _Refusal(code, message)


def _recent(timestamp: str) -> bool:
    usable = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12
    return usable and abs(clock.now().timestamp() - int(timestamp)) <= OLDEST


def _away() -> Unavailable:
    return Unavailable(_("暂时无法连接微信支付，请稍后再试"))


def _said_no(refusal: _Refusal) -> ChannelRefused:
    return ChannelRefused(_("微信支付未受理（%(code)s），请稍后再试", code=refusal.code), refusal.code)
