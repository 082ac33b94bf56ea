"""The page that stands in for WeChat's cashier in a browser: what is to be paid, 支付 and 取消."""

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from app.core.db import yuan
from app.integrations.wechatpay.fake import FakeWeChatPay

PLACE = "/fake-wechatpay/cashier"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
_PAGE = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>微信支付（模拟）</title>
<style>
body{{margin:0;font:16px/1.5 system-ui,sans-serif;background:#ededed;color:#191919}}
main{{max-width:420px;margin:0 auto;padding:32px 20px;text-align:center}}
.card{{background:#fff;border-radius:12px;padding:28px 20px;margin-bottom:24px}}
.sum{{font-size:40px;font-weight:600;margin:8px 0}} .muted{{color:#6b6b6b;font-size:14px;margin:0}}
button{{display:block;width:100%;padding:14px;margin-top:12px;border:0;border-radius:8px;font-size:17px}}
.pay{{background:#067a3e;color:#fff}} .leave{{background:#fff;color:#191919}}
</style>
<main><div class="card"><p class="muted">微信支付（本地模拟，不会真的扣款）</p><p>{description}</p>
<p class="sum">{sum}</p><p class="muted">单号 {number}</p><p role="status">{words}</p></div>
{form}</main></html>"""
_FORM = """<form method="post"><button class="pay" name="do" value="pay">支付</button>
<button class="leave" name="do" value="leave">取消</button></form>"""
_LINK = """<form method="post"><button class="leave" name="do" value="leave">返回</button></form>"""
_WORDS = {"NOTPAY": "", "SUCCESS": "已支付", "CLOSED": "订单已关闭或已过期"}


class FakeCashier:
    """A WSGI layer that serves the page below ``PLACE`` and hands on everything else."""

    def __init__(self, inner: Callable[..., Iterable[bytes]], fake: Callable[[], FakeWeChatPay]) -> None:
        self._inner = inner
        self._fake = fake

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(f"{PLACE}/"):
            return self._inner(environ, start_response)
        return self._answer(Request(environ))(environ, start_response)

    def _answer(self, request: Request) -> Response:
        order = self._fake().books.order(request.path.removeprefix(f"{PLACE}/"), by="prepay_id")
        if order is None:
            return Response("订单不存在", 404, content_type="text/plain; charset=utf-8")
        if request.method == "POST":
            if request.form.get("do") == "pay":
                self._fake().pay(order["out_trade_no"])
            back = request.args.get("back", "")
            local = back.startswith("/") and not back.startswith(("//", "/\\"))
            return redirect(back if local else "/", 303)
        page = _PAGE.format(
            description=escape(order["description"]), sum=yuan(order["total"]), number=escape(order["out_trade_no"]),
            words=_WORDS[order["state"]], form=_FORM if order["state"] == "NOTPAY" else _LINK,
        )  # fmt: skip
        return Response(page, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _POLICY})
