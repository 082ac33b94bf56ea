"""The module in one object."""

from app.core.module import APPROVE, EDIT, EXPORT, REVEAL, STANDARD, VIEW, Area, Module
from app.modules.members import models  # noqa: F401

MODULE = Module(
    "members",
    "用户与认证",
    "fa-users",
    areas=(
        Area("certification", "认证审核", (VIEW, APPROVE, EXPORT, REVEAL)),
        Area("customers", "商家与租客", (*STANDARD, REVEAL)),
        Area("technicians", "维修师傅", (*STANDARD, REVEAL)),
        Area("members", "小程序用户", (VIEW, EDIT, EXPORT)),
    ),
)
