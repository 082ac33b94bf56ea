"""WeChat's server interfaces that the platform uses: login, phone number, subscribe messages."""

from app.integrations.wechat.client import Session, WeChat

__all__ = ("Session", "WeChat")
