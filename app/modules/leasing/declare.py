"""The module in one object."""

from app.core.module import APPROVE, EDIT, EXPORT, REVEAL, VIEW, Area, MenuEntry, Module, Purpose, Setting, Tile
from app.modules.leasing import backoffice, connections, demo, queries, sheets
from app.modules.leasing.api import MENU, api
from app.modules.leasing.reports import PANELS, REPORTS

MODULE = Module(
    "leasing",
    "场地租赁",
    "fa-shop",
    areas=(
        Area("listings", "场地信息"),
        Area("lease_applications", "租赁申请", (VIEW, EDIT, APPROVE, EXPORT, REVEAL)),
    ),
    views=(backoffice.ListingView, backoffice.LeaseApplicationView, backoffice.LeaseView),
    api=(api,),
    sheets=(sheets.LISTINGS,),
    reports=REPORTS,
    panels=PANELS,
    media=(Purpose("listing", "场地照片", public=True, area="listings"),),
    menu=(
        MenuEntry(MENU, "场地租赁", "shop", "/pkg-leasing/listings", ("visitor", "merchant", "tenant", "technician")),
    ),
    tiles=(
        Tile(
            "lease_applications",
            "approve",
            "待审批租赁申请",
            queries.count_pending,
            "LeaseApplicationView.list",
            {"state": "pending"},
        ),
    ),
    settings=(
        Setting("leasing.expiring_days", "租约到期提前提醒天数", 90, "租约到期表列出的范围", minimum=1, maximum=730),
        Setting("leasing.leasing_template", "租赁申请结果订阅消息模板", "", "微信公众平台的模板编号；空则只发站内消息"),
    ),
    start=connections.connect,
    own_data=queries.OWN_DATA,
    demo=demo.fill,
    demo_after=("members", "system"),
)
