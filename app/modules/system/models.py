"""The function menu of the mini-program."""

from sqlalchemy import JSON, Boolean, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from app.core.api.roles import ROLES
from app.core.db import Record, label


class MenuModule(Record):
    """功能菜单模块: one icon of the mini-program's home page. Rows come from the modules' declarations."""

    __tablename__ = "menu_module"
    __label__ = "功能菜单"

    key: Mapped[str] = mapped_column(String(32), unique=True, info=label("模块标识"))
    name: Mapped[str] = mapped_column(String(16), info=label("名称"))
    icon: Mapped[str] = mapped_column(String(64), info=label("图标"))
    page: Mapped[str] = mapped_column(String(128), info=label("页面"))
    roles: Mapped[list[str]] = mapped_column(JSON, default=list, info=label("可见角色", choices=ROLES, several=True))
    position: Mapped[int] = mapped_column(Integer, default=0, info=label("排序"))
    badge: Mapped[str] = mapped_column(
        String(4), default="", info=label("角标", help="图标右上角的文字，如“新”；最多 4 个字")
    )
    enabled: Mapped[bool] = mapped_column(Boolean, default=True, info=label("开启"))

    def __str__(self) -> str:
        return self.name
