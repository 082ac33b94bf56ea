"""The module in one object."""

from app.core.api import ANY
from app.core.module import Area, MenuEntry, Module
from app.modules.convenience import backoffice, demo, sheets
from app.modules.convenience.api import MENU, api

MODULE = Module(
    "convenience",
    "便民信息",
    "fa-circle-info",
    areas=(Area("convenience", "便民信息"),),
    views=(backoffice.ConvenienceView, backoffice.ConvenienceCategoryView),
    api=(api,),
    sheets=(sheets.INFOS,),
    menu=(MenuEntry(MENU, "便民信息", "bus", "/pkg-convenience/list", ANY),),
    demo=demo.fill,
    demo_after=("estate",),
)
