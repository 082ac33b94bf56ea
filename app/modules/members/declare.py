"""The module in one object."""

from app.core.module import Module
from app.modules.members import models  # noqa: F401

MODULE = Module("members", "用户与认证", "fa-users")
