"""WeChat Pay v3 (JSAPI): the adapter over the SDK, the daily bill, and a local fake of the service."""

from app.integrations.wechatpay.account import Account
from app.integrations.wechatpay.channel import WeChatPayChannel

__all__ = ("Account", "WeChatPayChannel")
