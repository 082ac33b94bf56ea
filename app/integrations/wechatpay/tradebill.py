"""The daily bill (交易账单, type ALL) of WeChat Pay: a CSV whose fields begin with a backtick, in yuan.

A heading, a line for each payment and each refund, a heading of sums, the sums. The hash that comes with it is over
the unpacked file.
"""

import csv
import hashlib
import hmac
import io
import zlib
from decimal import Decimal, InvalidOperation

from flask_babel import gettext as _

from app.core.db import to_fen
from app.core.errors import Invalid, Unavailable
from app.modules.billing.channels import StatementRow

COLUMNS = (
    "交易时间", "公众账号ID", "商户号", "特约商户号", "设备号", "微信订单号", "商户订单号", "用户标识", "交易类型",
    "交易状态", "付款银行", "货币种类", "应结订单金额", "代金券金额", "微信退款单号", "商户退款单号", "退款金额",
    "充值券退款金额", "退款类型", "退款状态", "商品名称", "商户数据包", "手续费", "费率", "订单金额", "申请退款金额",
    "费率备注",
)  # fmt: skip
SUMS = (
    "总交易单数",
    "应结订单总金额",
    "退款总金额",
    "充值券退款总金额",
    "手续费总金额",
    "订单总金额",
    "申请退款总金额",
)
MOST_BYTES = 256 * 1024 * 1024
_GZIP = b"\x1f\x8b"


def unpack(content: bytes, sha1: str = "") -> bytes:
    """The file itself. Raises Unavailable when it is not what ``sha1`` says, Invalid when it cannot be unpacked."""
    if content.startswith(_GZIP):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            content = unpacker.decompress(content, MOST_BYTES)
        except zlib.error:
            raise _no_bill() from None
        if unpacker.unconsumed_tail:
            raise Invalid.field("file", _("对账单文件过大"))
    if sha1 and not hmac.compare_digest(hashlib.sha1(content, usedforsecurity=False).hexdigest(), sha1.lower()):
        raise Unavailable(_("对账单文件不完整，请稍后重新获取"))
    return content


def read(content: bytes) -> list[StatementRow]:
    """The rows of a bill. Raises Invalid when it is none, or its sums say that something is missing."""
    lines = [line for line in csv.reader(io.StringIO(_text(content))) if line]
    if not lines or not {"商户订单号", "交易状态", "订单金额", "申请退款金额"} <= set(lines[0]):
        raise _no_bill()
    end = next((n for n, line in enumerate(lines[1:], 1) if not line[0].startswith("`")), len(lines))
    named = [_named(lines[0], line) for line in lines[1:end]]
    _check_sums(lines[end:], named)
    return [_row(line) for line in named]


def _named(heading: list[str], line: list[str]) -> dict[str, str]:
    if len(line) != len(heading):
        raise _cut_off()
    return dict(zip(heading, (text.removeprefix("`").strip() for text in line), strict=True))


def _row(line: dict[str, str]) -> StatementRow:
    if line["交易状态"] == "REFUND":
        return StatementRow("refund", line["商户退款单号"], line.get("微信退款单号", ""), _fen(line["申请退款金额"]))
    return StatementRow("payment", line["商户订单号"], line.get("微信订单号", ""), _fen(line["订单金额"]))


def _check_sums(tail: list[list[str]], named: list[dict[str, str]]) -> None:
    """A file that was cut off lacks its sums, or they do not fit."""
    if len(tail) != 2 or not {"总交易单数", "订单总金额", "申请退款总金额"} <= set(tail[0]):
        raise _cut_off()
    sums = _named(*tail)
    paid = sum(_fen(line["订单金额"]) for line in named)
    back = sum(_fen(line["申请退款金额"]) for line in named)
    if (_fen(sums["订单总金额"]), _fen(sums["申请退款总金额"])) != (paid, back):
        raise _cut_off()


def _fen(text: str) -> int:
    try:
        return to_fen(Decimal(text))
    except InvalidOperation:
        raise _no_bill() from None


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _no_bill()


def _cut_off() -> Invalid:
    return Invalid.field("file", _("对账单文件不完整：明细与汇总不符"))


def _no_bill() -> Invalid:
    return Invalid.field("file", _("这不是微信支付的交易账单（“全部”类型的 CSV 文件）"))
