"""WeChat's server interfaces that the platform uses: login in both programs, phone number, messages."""

from app.integrations.wechat.client import OfficialAccount, Session, WeChat

__all__ = ("OfficialAccount", "Session", "WeChat")
