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
from app.modules.feedback import backoffice, connections, demo, operations, queries, sheets
from app.modules.feedback.api import MENU, api
from app.modules.feedback.reports import PANELS, REPORTS

MODULE = Module(
    "feedback",
    "投诉建议",
    "fa-comment-dots",
    areas=(
        Area("feedback", "投诉建议", (VIEW, EDIT, DELETE, APPROVE, EXPORT, REVEAL)),
        Area("feedback_types", "投诉建议类型", STANDARD),
    ),
    views=(backoffice.FeedbackView, backoffice.FeedbackTypeView),
    api=(api,),
    sheets=(sheets.TYPES,),
    reports=REPORTS,
    panels=PANELS,
    media=(Purpose(operations.PHOTOS, "投诉建议图片", area="feedback"),),
    menu=(MenuEntry(MENU, "投诉建议", "comment", "/pkg-feedback/list", ("merchant", "tenant")),),
    tiles=(
        Tile(
            "feedback", "edit", "待受理投诉建议", queries.count_submitted, "FeedbackView.list", {"state": "submitted"}
        ),
        Tile("feedback", "edit", "超时投诉建议", queries.count_late, "FeedbackView.list", {"state": "processing"}),
    ),
    settings=(
        Setting("feedback.escalate_to", "超时后转交给", "", "管理员登录名；空则只标记超时，不改处理人"),
        Setting("feedback.close_days", "答复后自动办结天数", 7, "提交人未评价也未追问", minimum=1, maximum=90),
        Setting("feedback.reopen_days", "办结后可申请重新处理的天数", 15, minimum=1, maximum=365),
        Setting(
            "feedback.feedback_template", "投诉建议进度订阅消息模板", "", "微信公众平台的模板编号；空则只发站内消息"
        ),
    ),
    jobs={
        "feedback.escalate": Job("投诉建议超时升级", operations.escalate),
        "feedback.close_answered": Job("办结已答复的投诉建议", operations.close_answered),
    },
    schedule=(
        Timed("feedback.escalate", every_minutes=10),
        Timed("feedback.close_answered", daily_at="00:40"),
    ),
    install=operations.install,
    start=connections.connect,
    own_data=queries.OWN_DATA,
    demo=demo.fill,
    demo_after=("members", "system"),
)
