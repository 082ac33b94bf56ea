"""The module in one object."""

from app.core.jobs import Job, Timed
from app.core.module import APPROVE, STANDARD, Area, MenuEntry, Module, Purpose, Setting, Tile
from app.modules.lost_found import backoffice, connections, demo, operations, queries, sheets
from app.modules.lost_found.api import MENU, api

MODULE = Module(
    "lost_found",
    "失物招领",
    "fa-umbrella",
    areas=(Area("lost_found", "失物招领", (*STANDARD, APPROVE)),),
    views=(backoffice.LostFoundItemView, backoffice.LostFoundClaimView),
    api=(api,),
    sheets=(sheets.ITEMS,),
    media=(
        Purpose(operations.ITEM_PHOTOS, "失物招领照片", public=True, area="lost_found"),
        Purpose(operations.PROOF_PHOTOS, "认领证明", area="lost_found"),
    ),
    menu=(
        MenuEntry(
            MENU, "失物招领", "search", "/pkg-lost-found/items", ("visitor", "merchant", "tenant", "technician")
        ),
    ),
    tiles=(
        Tile(
            "lost_found", "approve", "待审核失物招领", queries.count_posts, "LostFoundItemView.list",
            {"state": "pending"},
        ),
        Tile("lost_found", "approve", "待核实认领", queries.count_claims, "LostFoundClaimView.list",
             {"state": "pending"}),
    ),
    settings=(
        Setting("lost_found.days", "失物招领公开天数", 60, "发布后到期自动关闭", minimum=1, maximum=365),
        Setting(
            "lost_found.lost_found_template", "失物招领订阅消息模板", "", "微信公众平台的模板编号；空则只发站内消息"
        ),
    ),
    jobs={"lost_found.expire": Job("失物招领到期关闭", operations.expire)},
    schedule=(Timed("lost_found.expire", daily_at="00:20"),),
    start=connections.connect,
    own_data=queries.OWN_DATA,
    demo=demo.fill,
    demo_after=("members", "system"),
)  # fmt: skip
