"""The module in one object."""

from app.core.module import Module
from app.modules.home.api import api

MODULE = Module("home", "首页", "fa-house", api=(api,))
