"""The module in one object."""

from app.core.jobs import Job, Timed
from app.core.module import APPROVE, EXPORT, REVEAL, STANDARD, VIEW, Area, MenuEntry, Module, Setting, Tile
from app.core.search import Searched
from app.modules.visits import api, demo, gate_api, queries, sheets
from app.modules.visits.backoffice import desk, gates, visits
from app.modules.visits.connections import connect
from app.modules.visits.operations import keys, redeeming, watching
from app.modules.visits.reports import PANELS, REPORTS

MODULE = Module(
    "visits",
    "来访管理",
    "fa-id-badge",
    areas=(
        Area("visits", "来访登记", (*STANDARD, APPROVE, REVEAL)),
        Area("pass_batches", "批量来访卡", (*STANDARD, APPROVE)),
        Area("passages", "通行记录", (VIEW, EXPORT)),
        Area("blocked_visitors", "访客黑名单", (*STANDARD, REVEAL)),
        Area("gates", "闸机", (*STANDARD, REVEAL)),
    ),
    views=(
        desk.ReceptionView,
        visits.VisitView,
        visits.OverstayedVisitView,
        visits.PassBatchView,
        gates.LivePassageView,
        gates.PassageView,
        gates.ConflictView,
        visits.BlockedVisitorView,
        visits.BatchGrantView,
        gates.GateView,
        gates.GateGroupView,
        gates.PassKeyPage,
    ),
    api=(api.api, gate_api.api),
    sheets=(sheets.REGULARS,),
    reports=REPORTS,
    panels=PANELS,
    menu=(
        MenuEntry("visits", "来访通行", "qr", "/pkg-visits/visits", ("visitor", "merchant", "tenant", "technician")),
    ),
    tiles=(
        Tile("pass_batches", "approve", "待审批来访卡", queries.count_batches, "PassBatchView.list",
             {"state": "pending"}),
        Tile("visits", "edit", "今日待到访客", queries.count_expected, "ReceptionView.show"),
        Tile("visits", "edit", "超时未离开", queries.count_overstayed, "OverstayedVisitView.list"),
        Tile("passages", "view", "离线冲突（7 天）", queries.count_conflicts, "ConflictView.list"),
        Tile("gates", "view", "离线闸机", queries.count_silent_gates, "GateView.list", {"active": "1"}),
    ),
    settings=(
        Setting("visits.longest_days", "来访有效期最长（天）", 7, minimum=1, maximum=45),
        Setting("visits.most_per_day", "每人每天登记来访上限", 20, minimum=1, maximum=1000),
        Setting("visits.batch_most", "批量来访卡每批上限（张）", 200, minimum=1, maximum=1000),
        Setting("visits.batch_longest_days", "批量来访卡有效期最长（天）", 30, minimum=1, maximum=45),
        Setting("visits.regular_longest_days", "常访人员有效期最长（天）", 31, "导入的保洁、快递等常客", minimum=1,
                maximum=45),
        Setting("visits.overstay_minutes", "超时未离开提醒（分钟）", 60, "超过来访截止时间多久后列入", minimum=0,
                maximum=1440),
        Setting("visits.gate_silence_minutes", "闸机离线判定（分钟）", 10, "多久没有联系视为离线", minimum=1,
                maximum=1440),
        Setting("visits.keep_days", "来访人信息保留（天）", 180, "到期后清除姓名、手机号和车牌，统计数字保留",
                minimum=30, maximum=1095),
        Setting("visits.visit_template", "来访通知订阅消息模板", "", "微信公众平台的模板编号；空则只发站内消息"),
    ),
    jobs={
        "visits.tell_arrival": Job("通知访客已到", redeeming.tell_arrival),
        "visits.expire": Job("来访到期", watching.expire),
        "visits.forget": Job("清除到期的来访人信息", watching.forget),
    },
    schedule=(Timed("visits.expire", every_minutes=5), Timed("visits.forget", daily_at="03:40")),
    search=(
        Searched(visits.VisitView, words=("visitor_name",), phone="visitor_phone",
                 detail=("visitor_name", "kind", "unit", "state")),
    ),
    own_data=queries.OWN_DATA,
    install=keys.install,
    start=connect,
    demo=demo.fill,
    demo_after=("members",),
)  # fmt: skip
