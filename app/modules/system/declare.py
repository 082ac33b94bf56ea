"""The module in one object."""

from app.core import media, messages, richtext
from app.core.api import idempotency, machines
from app.core.backoffice import deliveries, panels
from app.core.jobs import Job, Outside, Timed, runner
from app.core.module import DELETE, EDIT, EXPORT, VIEW, Area, Module, Purpose, Setting, Tile
from app.modules.system import api, commands, demo, media_api, operations, queries
from app.modules.system.backoffice import AuditView, JobView, MenuModuleView, MessageView
from app.modules.system.role_pages import RoleView
from app.modules.system.settings_pages import SettingsView
from app.modules.system.staff_pages import StaffView

MODULE = Module(
    "system",
    "系统管理",
    "fa-gear",
    areas=(
        Area("staff", "角色与管理员", (VIEW, EDIT, DELETE), grantable=False),
        Area("menu", "功能菜单", (VIEW, EDIT)),
        Area("messages", "消息记录", (VIEW,)),
        Area("settings", "系统设置", (VIEW, EDIT)),
        Area("jobs", "后台任务", (VIEW, EDIT)),
        Area("audit", "审计日志", (VIEW, EXPORT)),
    ),
    views=(MenuModuleView, RoleView, StaffView, SettingsView, MessageView, JobView, AuditView),
    api=(api.api, media_api.api),
    media=(Purpose(richtext.PURPOSE, "图文内容", public=True, longest_side=1600, staff_only=True),),
    jobs={
        "api.forget_answers": Job("清除接口的幂等记录", idempotency.forget),
        "api.forget_nonces": Job("清除接口的随机数", machines.forget),
        "jobs.forget_done": Job("清除已完成的任务", runner.forget_done),
        "media.sweep": Job("清除未使用的图片", media.sweep),
        "messages.deliver": Job("发送消息", messages.deliver),
        "reports.deliver": Job("安排报表送达", deliveries.deliver),
        deliveries.DELIVER: Job("报表送达", Outside(deliveries.prepare, deliveries.make, deliveries.put_into_inbox)),
        "panels.renew": Job("更新工作台统计", Outside(panels.renewable, panels.renew, panels.renewed)),
        "messages.forget": Job("清除过期的消息", messages.forget),
    },
    schedule=(
        Timed("api.forget_answers", daily_at="03:20"),
        Timed("api.forget_nonces", every_minutes=30),
        Timed("jobs.forget_done", daily_at="03:30"),
        Timed("media.sweep", every_minutes=60),
        Timed("reports.deliver", daily_at="06:30"),
        Timed("panels.renew", every_minutes=5),
        Timed("messages.forget", daily_at="03:50"),
    ),
    tiles=(Tile("jobs", "edit", "失败的后台任务", queries.count_dead_jobs, "JobView.list", {"state": "dead"}),),
    start=commands.start,
    settings=(
        Setting(
            "system.idle_minutes",
            "无操作自动退出（分钟）",
            30,
            "管理员无操作超过此时间需重新登录",
            minimum=5,
            maximum=720,
        ),
        Setting("system.password_length", "管理员密码最短长度", 10, minimum=8, maximum=64),
        Setting("system.message_days", "站内消息保留天数", 730, "更早的消息及发送记录删除", minimum=90, maximum=3650),
        Setting("system.outbox_days", "已完成后台任务保留天数", 30, minimum=1, maximum=3650),
    ),
    install=operations.complete_menu,
    demo=demo.fill,
)
