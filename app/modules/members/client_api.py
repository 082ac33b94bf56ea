"""What the phone's program must know of this installation before anybody is signed in."""

from flask import current_app

from app.core import settings
from app.core.api import Endpoints, Schema
from app.modules.members.demo import DEMO_MEMBERS

api = Endpoints("client", "客户端")


class DemoPersonOut(Schema):
    """演示人物：浏览器里选一位登录"""

    code: str
    name: str
    role: str


class ClientOut(Schema):
    """登录方式，以及需要用户同意的说明的当前版本"""

    demo: list[DemoPersonOut]
    official_account: bool
    privacy_version: str
    material_consent_version: str


@api.get("/client", roles=None, returns=ClientOut)
def client() -> ClientOut:
    """客户端配置"""
    config = current_app.config
    people = DEMO_MEMBERS if config["DEMO"] and not config["PRODUCTION"] else ()
    return ClientOut(
        demo=[DemoPersonOut(code=code, name=name, role=role) for code, name, role in people],
        official_account=current_app.extensions["official_account"] is not None,
        privacy_version=settings.get("members.privacy_version"),
        material_consent_version=settings.get("members.material_consent_version"),
    )
