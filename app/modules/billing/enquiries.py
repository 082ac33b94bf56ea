"""Asking the channel what became of our orders: with no transaction open, and the answer followed in one of its own.

Endpoints and jobs use this; whoever asks first and hears "paid" books it.
"""

from flask_babel import gettext as _

from app.core.db import db, transaction
from app.core.errors import Conflict
from app.modules.billing.channels import PaymentChannel, Trade
from app.modules.billing.operations import trades


def ask(channel: PaymentChannel, number: str, *, give_up: bool = False) -> Trade:
    """What the channel says about an order; with ``give_up`` it is closed first unless it is paid."""
    trade = channel.query(number)
    if give_up and trade.state == "pending":
        channel.close(number)
        trade = channel.query(number)
    return trade


def settle(channel: PaymentChannel, number: str, *, give_up: bool = False) -> Trade:
    """Ask, and follow the answer. Raises Unavailable when the channel is silent: nothing has changed then."""
    trade = ask(channel, number, give_up=give_up)
    with transaction():
        trades.follow(db.session(), trade, give_up=give_up)
    return trade


def give_up(channel: PaymentChannel, number: str) -> bool:
    """Close an order; True when it turned out to be paid. Raises Conflict while somebody is just paying it."""
    trade = settle(channel, number, give_up=True)
    if trade.state == "pending":
        raise Conflict(_("有一笔包含相同账单的支付正在进行，请稍后再试"), code="being_paid")
    return trade.state == "paid"
