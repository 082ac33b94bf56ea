"""The module in one object."""

from app.core.module import Module
from app.modules.system import models  # noqa: F401

MODULE = Module("system", "系统管理", "fa-gear")
