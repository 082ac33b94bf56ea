"""The module in one object."""

from app.core.jobs import Job, Timed
from app.core.module import (
    APPROVE,
    DELETE,
    EDIT,
    EXPORT,
    REVEAL,
    STANDARD,
    VIEW,
    Area,
    MenuEntry,
    Module,
    Purpose,
    Setting,
    Tile,
)
from app.core.search import Searched
from app.modules.repairs import deadlines, demo, queries, sheets
from app.modules.repairs.backoffice import board, catalogue, orders
from app.modules.repairs.connections import connect
from app.modules.repairs.operations import reporting, watch, work
from app.modules.repairs.reports import PANELS, REPORTS
from app.modules.repairs.step_api import api  # the same endpoints with the steps added to them

MODULE = Module(
    "repairs",
    "报修管理",
    "fa-screwdriver-wrench",
    areas=(
        Area("work_orders", "报修工单", (VIEW, EDIT, DELETE, APPROVE, EXPORT, REVEAL)),
        Area("repair_categories", "报修类别与设备", STANDARD),
    ),
    views=(
        board.WorkOrderBoardView,
        orders.WorkOrderView,
        orders.OverdueOrderView,
        board.AppointmentCalendarView,
        orders.FollowUpView,
        catalogue.RepairCategoryView,
        catalogue.EquipmentView,
    ),
    api=(api,),
    sheets=(sheets.CATEGORIES, sheets.EQUIPMENT),
    media=(Purpose(reporting.PURPOSE, "报修照片", area="work_orders"),),
    reports=REPORTS,
    panels=PANELS,
    menu=(MenuEntry("repairs", "设备报修", "wrench", "/pkg-repairs/orders", ("merchant", "tenant", "technician")),),
    tiles=(
        Tile("work_orders", "edit", "待派工单", queries.count_waiting, "WorkOrderView.list",
             {"state": "submitted", "area": "public"}),
        Tile("work_orders", "view", "超时工单", queries.count_overdue, "OverdueOrderView.list"),
    ),
    settings=(
        Setting("repairs.work_from", "报修时限：上班时间", "08:30", "时限只在上下班时间之内计算",
                choices=tuple((text, text) for text in deadlines.EARLIEST)),
        Setting("repairs.work_until", "报修时限：下班时间", "18:00",
                choices=tuple((text, text) for text in deadlines.LATEST)),
        Setting("repairs.work_days", "报修时限：计时的日子", deadlines.WORKDAYS, "法定节假日与调休按国务院公布的安排",
                choices=((deadlines.WORKDAYS, "工作日（不含周末和法定节假日）"), (deadlines.EVERY_DAY, "每天"))),
        Setting("repairs.urgent_round_clock", "紧急工单全天计时", True, "紧急工单不分昼夜和节假日计算时限"),
        Setting("repairs.warn_minutes", "时限预警提前（分钟）", 30, minimum=5, maximum=1440),
        Setting("repairs.supervisor_member", "超时升级：主管的小程序用户编号", 0,
                "工单超时后通知的小程序用户；0 为只在后台提示", minimum=0, maximum=2_000_000_000),
        Setting("repairs.open_jobs_most", "每位师傅在手工单上限", 5, "达到后不能再抢单；派单不受限",
                minimum=1, maximum=100),
        Setting("repairs.auto_confirm_days", "完工后自动确认（天）", 7, "提前一天提醒报修人", minimum=2, maximum=60),
        Setting("repairs.fee_days", "维修费缴费期限（天）", 7, minimum=0, maximum=90),
        Setting("repairs.repair_template", "报修进度订阅消息模板", "", "微信公众平台的模板编号；空则只发站内消息"),
    ),
    jobs={"repairs.watch": Job("检查工单时限", watch.watch),
          "repairs.confirm_by_silence": Job("完工后自动确认", work.confirm_by_silence),
          "repairs.forget_erased": Job("清除注销用户的报修信息", reporting.forget_erased)},
    schedule=(Timed("repairs.watch", every_minutes=5), Timed("repairs.confirm_by_silence", every_minutes=60),
              Timed("repairs.forget_erased", daily_at="03:20")),
    search=(
        Searched(orders.WorkOrderView, words=("contact_name",), ends=("number",), exact=("number",),
                 phone="contact_phone", detail=("category", "state", "contact_name")),
    ),
    start=connect,
    own_data=queries.OWN_DATA,
    demo=demo.fill,
    demo_after=("members", "billing"),
)  # fmt: skip
