"""The audit trail in Chinese: what its keys for actions, records and kinds of actors are called."""

from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import Role, User

from app.core.workflow import Workflow

ACTIONS = {
    "create": "新增",
    "update": "修改",
    "delete": "删除",
    "reveal": "查看完整信息",
    "import": "导入",
    "undo_import": "撤销导入",
    "export": "导出",
    "login": "登录",
    "login_failed": "登录失败",
    "login_code": "输入动态口令",
    "second_step": "两步验证",
    "logout": "退出登录",
    "locked": "账号锁定",
    "password": "修改密码",
    "reset_password": "重置密码",
    "totp_on": "启用两步验证",
    "totp_off": "停用两步验证",
    "rights": "修改角色权限",
    "people": "调整角色成员",
    "roles": "调整角色",
    "scope": "调整数据范围",
    "bind_phone": "绑定手机号",
    "link": "关联客户",
    "rate": "评价",
    "erase": "注销个人信息",
    "expire": "到期清除个人信息",
    "letters": "打印催告函",
    "assign": "指派",
    "escalate": "超时升级",
    "upload": "上传",
    "rename": "改名",
}
ACTORS = {"staff": "管理员", "member": "小程序用户", "gate": "闸机", "finance": "财务系统", "system": "系统",
          "visitor": "未登录", "channel": "支付渠道"}  # fmt: skip


def actions() -> dict[str, str]:
    """The actions by key: our own, and every workflow's moves."""
    flows = [flow for model in _models() for flow in vars(model).values() if isinstance(flow, Workflow)]
    return {name: move.title for flow in flows for name, move in flow.moves.items()} | ACTIONS


def records() -> dict[str, str]:
    """What the records of each table are called."""
    named = {model.__tablename__: model.__label__ for model in _models() if hasattr(model, "__label__")}
    return {**named, User.__tablename__: "管理员", Role.__tablename__: "角色", "poster_library": "海报素材"}


def actors() -> dict[str, str]:
    """Who may have acted."""
    return ACTORS


def _models() -> list[Any]:
    return [mapper.class_ for mapper in Model.registry.mappers]
