"""The module in one object."""

from app.core.jobs import Job
from app.core.module import APPROVE, DELETE, EDIT, EXPORT, VIEW, Area, Module, Purpose, Setting, Tile
from app.core.reports import INTEGER, PERCENT, Chart, Column, Report
from app.modules.ads import backoffice, demo, library, operations, queries
from app.modules.ads.api import api

MODULE = Module(
    "ads",
    "广告",
    "fa-rectangle-ad",
    areas=(Area("ads", "广告", (VIEW, EDIT, DELETE, APPROVE, EXPORT)),),
    views=(backoffice.AdView, backoffice.SlotView),
    api=(api,),
    media=(Purpose(operations.PURPOSE, "广告海报", public=True, area="ads", staff_only=True),),
    reports=(
        Report(
            "ads",
            "广告效果",
            "ads",
            [
                Column("广告"),
                Column("广告位"),
                Column("园区"),
                Column("展示次数", INTEGER),
                Column("点击次数", INTEGER),
                Column("点击率", PERCENT),
            ],
            rows=queries.by_ad,
            help="所选日期内每条广告在小程序首页展示和被点击的次数；点击率为点击次数除以展示次数",
            chart=Chart("bar", label=0, values=(3, 4)),
            total=True,
        ),
    ),
    settings=(
        Setting(
            "ads.link_hosts", "广告可打开的网站", "", "填写域名，多个用逗号分隔，如 example.com；其下级域名也可打开"
        ),
    ),
    tiles=(Tile("ads", "approve", "待审批广告", queries.count_pending, "AdView.list", {"state": "pending"}),),
    jobs={operations.REFIT: Job("重新裁切海报", operations.refit)},
    start=library.register,
    install=operations.install,
    demo=demo.fill,
    demo_after=("estate", "notices"),
)
