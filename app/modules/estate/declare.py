"""The module in one object."""

from app.core.module import Area, Module
from app.modules.estate import models  # noqa: F401

MODULE = Module("estate", "房产资料", "fa-building", areas=(Area("estate", "园区、楼栋与房屋"),))
