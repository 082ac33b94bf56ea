"""The module in one object."""

from app.core.module import Area, Module
from app.core.search import Searched
from app.modules.estate import backoffice, connections, demo, sheets
from app.modules.estate.api import api

MODULE = Module(
    "estate",
    "房产资料",
    "fa-building",
    areas=(Area("estate", "园区、楼栋与房屋"),),
    views=(backoffice.UnitView, backoffice.BuildingView, backoffice.CommunityView),
    api=(api,),
    sheets=(sheets.COMMUNITIES, sheets.BUILDINGS, sheets.UNITS),
    search=(Searched(backoffice.UnitView, words=("number",), detail=("community", "kind", "status")),),
    start=connections.connect,
    demo=demo.fill,
)
