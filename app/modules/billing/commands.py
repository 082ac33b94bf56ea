"""``flask wechatpay-fake``: play the payer and the bank in a demonstration. Not there in production."""

from collections.abc import Callable

import click
from flask.cli import AppGroup

from app.integrations.wechatpay.fake import FakeWeChatPay


def fake_commands(fake: Callable[[], FakeWeChatPay]) -> AppGroup:
    """The commands over the fake of this installation."""
    group = AppGroup("wechatpay-fake", help="本地模拟的微信支付")

    @group.command("pay")
    @click.argument("number")
    @click.option("--times", default=1, show_default=True, help="回调发送次数")
    def pay(number: str, times: int) -> None:
        """支付一笔待付款的缴费单（缴费单号），并把回调发给正在运行的系统。"""
        if fake().books.order(number) is None:
            raise click.ClickException(f"没有这笔订单：{number}")
        paid = fake().books.pay(number)
        order = fake().books.order(number)
        if order is None or order["state"] != "SUCCESS":
            raise click.ClickException("订单已关闭或已过期，不能支付")
        click.echo("已支付" if paid else "此前已支付，重新发送回调")
        for _time in range(times):
            click.echo(f"回调 {fake().deliver(fake().notice_of_payment(number)) or '没有应答'}")

    @group.command("refund")
    @click.argument("number")
    @click.argument("state", default="SUCCESS", type=click.Choice(["SUCCESS", "ABNORMAL", "CLOSED"]))
    def refund(number: str, state: str) -> None:
        """让一笔处理中的退款（退款单号）到账或失败，并把回调发给正在运行的系统。"""
        if not fake().books.end_refund(number, state):
            raise click.ClickException("没有这笔处理中的退款")
        click.echo(f"回调 {fake().deliver(fake().notice_of_refund(number)) or '没有应答'}")

    return group
