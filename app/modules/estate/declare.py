"""The module in one object."""

from app.core.module import Module
from app.modules.estate import models  # noqa: F401

MODULE = Module("estate", "房产资料", "fa-building")
