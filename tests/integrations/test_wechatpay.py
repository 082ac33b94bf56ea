"""The real SDK against the local WeChat Pay, over real HTTP with real keys."""

import base64
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask

from app.core import clock
from app.core.errors import Invalid, Unavailable
from app.integrations.wechatpay import WeChatPayChannel, tradebill
from app.integrations.wechatpay.fake import FakeWeChatPay, serve
from app.modules.billing.channels import ChannelRefused, RefusedNotice, Repayment, StatementRow, Trade
from tests.integrations.wechatpay import order

NUMBER = "P2026112300001"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wechatpay")


@pytest.fixture
def fake(folder: Path) -> FakeWeChatPay:
    fake = FakeWeChatPay(folder, "wx-test")
    fake.books.forget()
    return fake


@pytest.fixture
def channel(app: Flask, fake: FakeWeChatPay) -> Iterator[WeChatPayChannel]:
    with app.test_request_context():
        yield WeChatPayChannel(fake.account("https://wy.example.com/notify"), serve(fake), "/cashier")


def heard(channel: WeChatPayChannel, notice: object) -> Trade | Repayment:
    return channel.read_callback(notice.headers, notice.body)  # type: ignore[attr-defined]


def test_an_order_is_placed_paid_and_asked_about(channel: WeChatPayChannel, fake: FakeWeChatPay) -> None:
    assert channel.query(NUMBER).state == "absent"
    prepay_id = channel.prepay(order())
    assert channel.prepay(order()) == prepay_id, "the same order again is the same"
    assert channel.query(NUMBER).state == "pending"
    assert fake.pay(NUMBER)
    trade = channel.query(NUMBER)
    assert (trade.state, trade.amount_fen, trade.currency, trade.ours) == ("paid", 24220, "CNY", True)
    assert trade.paid_at is not None
    assert abs(trade.paid_at - clock.now()) < timedelta(seconds=5)


def test_the_phone_gets_fields_that_the_merchant_signed(channel: WeChatPayChannel, fake: FakeWeChatPay) -> None:
    params = channel.pay_params("wx123", "/m/#/x")
    text = f"wx-test\n{params['timeStamp']}\n{params['nonceStr']}\nprepay_id=wx123\n"
    fake.keys.merchant.public_key().verify(base64.b64decode(params["paySign"]), text.encode(), PKCS1v15(), SHA256())
    assert (params["signType"], params["package"]) == ("RSA", "prepay_id=wx123")
    assert params["cashier_url"] == "/cashier/wx123?back=%2Fm%2F%23%2Fx"


def test_a_number_is_good_for_one_amount(channel: WeChatPayChannel) -> None:
    channel.prepay(order())
    with pytest.raises(ChannelRefused) as refused:
        channel.prepay(order(fen=1))
    assert refused.value.reason == "INVALID_REQUEST"


def test_a_closed_or_expired_order_takes_no_money(channel: WeChatPayChannel, fake: FakeWeChatPay) -> None:
    channel.prepay(order())
    channel.close(NUMBER)
    assert channel.query(NUMBER).state == "closed"
    assert not fake.pay(NUMBER)
    channel.prepay(order("P2026112300002", expires_at=clock.now() + timedelta(seconds=1)))
    with clock.travel(timedelta(minutes=1)):
        assert not fake.pay("P2026112300002")


def test_closing_a_paid_order_changes_nothing(channel: WeChatPayChannel, fake: FakeWeChatPay) -> None:
    channel.prepay(order())
    fake.pay(NUMBER)
    channel.close(NUMBER)
    assert channel.query(NUMBER).state == "paid"


def test_a_refund_is_paid_out_once_under_its_number(channel: WeChatPayChannel, fake: FakeWeChatPay) -> None:
    channel.prepay(order())
    fake.pay(NUMBER)
    assert channel.query_refund("R1").state == "absent"
    first = channel.refund("R1", NUMBER, 10000, 24220, "多缴退回")
    again = channel.refund("R1", NUMBER, 10000, 24220, "多缴退回")
    assert first == again
    assert first.state == "pending"
    fake.end_refund("R1")
    assert channel.query_refund("R1").state == "done"
    assert channel.refund("R2", NUMBER, 20000, 24220, "超额").state == "failed"


def test_a_refund_that_the_bank_refuses_says_why(channel: WeChatPayChannel, fake: FakeWeChatPay) -> None:
    channel.prepay(order())
    fake.pay(NUMBER)
    fake.refusing_refunds = "NOT_ENOUGH"
    assert "NOT_ENOUGH" in channel.refund("R1", NUMBER, 1, 24220, "x").failure
    fake.refusing_refunds = ""
    channel.refund("R1", NUMBER, 1, 24220, "x")
    fake.end_refund("R1", "ABNORMAL")
    found = channel.query_refund("R1")
    assert (found.state, found.failure[:4]) == ("failed", "退款异常")


def test_what_is_not_genuine_or_does_not_answer_is_unavailable(channel: WeChatPayChannel, fake: FakeWeChatPay) -> None:
    channel.prepay(order())
    fake.forging = True
    with pytest.raises(Unavailable):
        channel.query(NUMBER)
    fake.forging, fake.failing = False, "SYSTEM_ERROR"
    with pytest.raises(Unavailable):
        channel.query(NUMBER)
    fake.failing = ""
    assert channel.query(NUMBER).state == "pending"
    away = WeChatPayChannel(fake.account("https://x"), "http://127.0.0.1:9")
    with pytest.raises(Unavailable):
        away.query(NUMBER)


def test_requests_that_we_did_not_sign_are_refused(app: Flask, fake: FakeWeChatPay, tmp_path: Path) -> None:
    other = FakeWeChatPay(tmp_path, "wx-test")
    with app.test_request_context():
        channel = WeChatPayChannel(replace(other.account("https://x"), public_key=fake.keys.public_pem), serve(fake))
        with pytest.raises(ChannelRefused) as refused:
            channel.query(NUMBER)
    assert refused.value.reason == "SIGN_ERROR"


# ---- callbacks


def test_a_callback_tells_of_a_payment_and_of_a_refund(channel: WeChatPayChannel, fake: FakeWeChatPay) -> None:
    channel.prepay(order())
    fake.pay(NUMBER)
    assert heard(channel, fake.notice_of_payment(NUMBER)) == channel.query(NUMBER)
    channel.refund("R1", NUMBER, 100, 24220, "x")
    fake.end_refund("R1")
    assert heard(channel, fake.notice_of_refund("R1")) == channel.query_refund("R1")


def test_another_merchant_or_app_is_told_apart(channel: WeChatPayChannel, fake: FakeWeChatPay) -> None:
    channel.prepay(order())
    fake.pay(NUMBER)
    assert not heard(channel, fake.notice_of_payment(NUMBER, mchid="1900000999")).ours
    assert not heard(channel, fake.notice_of_payment(NUMBER, appid="wx-other")).ours


def test_what_is_not_a_fresh_call_of_wechat_is_refused(channel: WeChatPayChannel, fake: FakeWeChatPay) -> None:
    channel.prepay(order())
    fake.pay(NUMBER)
    good = fake.notice_of_payment(NUMBER)
    stranger = generate_private_key(public_exponent=65537, key_size=2048)
    told = {"out_trade_no": NUMBER}
    cases = {
        "headers": ({}, good.body),
        "probe": (good.headers | {"Wechatpay-Signature": "WECHATPAY/SIGNTEST/AAAA"}, good.body),
        "serial": (good.headers | {"Wechatpay-Serial": "PUB_KEY_ID_0"}, good.body),
        "signature": (good.headers, good.body.replace(b"TRANSACTION", b"TRANSACTIOM")),
        "content": ((empty := fake.notice("TRANSACTION.SUCCESS", told, "")).headers, empty.body),
    }
    for reason, (headers, body) in cases.items():
        with pytest.raises(RefusedNotice) as refused:
            channel.read_callback(headers, body)
        assert refused.value.reason == reason
    by_stranger = fake.notice("TRANSACTION.SUCCESS", told, "", key=stranger)
    unknown_certificate = fake.notice("TRANSACTION.SUCCESS", told, "", serial="5157F09EFDC096DE15EBE81A47057A72")
    for notice in (by_stranger, unknown_certificate):
        with pytest.raises(RefusedNotice):
            heard(channel, notice)
    for body in (b"", b"\xff\xfe", b"[]", b"{}"):
        with pytest.raises(RefusedNotice):
            channel.read_callback(good.headers, body)


def test_a_callback_is_good_for_five_minutes(channel: WeChatPayChannel, fake: FakeWeChatPay) -> None:
    channel.prepay(order())
    fake.pay(NUMBER)
    notice = fake.notice_of_payment(NUMBER)
    with clock.travel(timedelta(seconds=290)):
        heard(channel, notice)
    for away in (timedelta(seconds=310), -timedelta(seconds=310)):
        with clock.travel(away), pytest.raises(RefusedNotice, match="stale"):
            heard(channel, notice)


def test_while_the_keys_change_callbacks_come_signed_by_either(app: Flask, fake: FakeWeChatPay) -> None:
    key = generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Tenpay.com Root CA")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x5157F09EFDC096DE)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2031, 1, 1, tzinfo=UTC))
        .sign(key, SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM).decode()
    with app.test_request_context():
        channel = WeChatPayChannel(fake.account("https://x", (pem,)), serve(fake))
        channel.prepay(order())
        fake.pay(NUMBER)
        by_key = fake.notice_of_payment(NUMBER)
        trade = heard(channel, by_key)
        said = fake._trade(fake.books.order(NUMBER))
        by_certificate = fake.notice("TRANSACTION.SUCCESS", said, "", key=key, serial="5157F09EFDC096DE")
        assert heard(channel, by_certificate) == trade


# ---- the daily bill


def test_the_daily_bill_lists_payments_and_refunds_in_fen(channel: WeChatPayChannel, fake: FakeWeChatPay) -> None:
    for n in range(3):
        channel.prepay(order(f"P202611230000{n}", 10001 + n))
        fake.pay(f"P202611230000{n}")
    channel.refund("R1", "P2026112300000", 333, 10001, "x")
    fake.end_refund("R1")
    day = clock.today()
    with pytest.raises(Unavailable):
        channel.daily_bill(day)
    with clock.travel(clock.start_of(day) + timedelta(days=2, hours=12)):
        rows = channel.daily_bill(day)
        assert channel.daily_bill(day + timedelta(days=1)) == []
    assert [(row.kind, row.number, row.amount_fen) for row in rows] == [
        ("payment", "P2026112300000", 10001),
        ("payment", "P2026112300001", 10002),
        ("payment", "P2026112300002", 10003),
        ("refund", "R1", 333),
    ]
    assert rows[0].channel_no.startswith("42000")


def test_a_bill_that_is_cut_off_or_none_is_refused(channel: WeChatPayChannel, fake: FakeWeChatPay) -> None:
    channel.prepay(order())
    fake.pay(NUMBER)
    content = fake.bill_of(clock.today())
    assert content is not None
    assert len(channel.read_bill(content)) == 1
    assert channel.read_bill(content.decode("utf-8-sig").encode("gb18030"))[0] == channel.read_bill(content)[0]
    lines = content.splitlines(keepends=True)
    for broken in (b"", b"a,b\r\n", content[:-30], b"".join([lines[0], *lines[2:]]), b"\x1f\x8bxx", b"\xff\x00"):
        with pytest.raises(Invalid):
            channel.read_bill(broken)
    with pytest.raises(Unavailable):
        tradebill.unpack(content, "0" * 40)


def test_fields_with_backticks_and_quotes_are_read() -> None:
    heading = ",".join(tradebill.COLUMNS)
    row = ["`x"] * len(tradebill.COLUMNS)
    row[tradebill.COLUMNS.index("商户订单号")] = "`P1"
    row[tradebill.COLUMNS.index("微信订单号")] = "`4200"
    row[tradebill.COLUMNS.index("交易状态")] = "`SUCCESS"
    row[tradebill.COLUMNS.index("商品名称")] = '"`物业费,一月"'
    row[tradebill.COLUMNS.index("订单金额")] = "`0.29"
    row[tradebill.COLUMNS.index("申请退款金额")] = "`0.00"
    sums = "`1,`0.29,`0.00,`0.00,`0.00000,`0.29,`0.00"
    text = "\n".join([heading, ",".join(row), ",".join(tradebill.SUMS), sums])
    assert tradebill.read(text.encode()) == [StatementRow("payment", "P1", "4200", 29)]
