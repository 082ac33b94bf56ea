"""The module in one object."""

from app.core.jobs import Job, Timed
from app.core.module import (
    APPROVE,
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
from app.modules.members import (
    backoffice,
    certification,
    client_api,
    demo,
    official_api,
    operations,
    queries,
    retention,
    sheets,
)
from app.modules.members.api import api
from app.modules.members.connections import connect

MODULE = Module(
    "members",
    "用户与认证",
    "fa-users",
    areas=(
        Area("certification", "认证审核", (VIEW, APPROVE, EXPORT, REVEAL)),
        Area("customers", "商家与租客", (*STANDARD, REVEAL)),
        Area("technicians", "维修师傅", (*STANDARD, REVEAL)),
        Area("members", "小程序用户", (VIEW, EDIT, EXPORT)),
    ),
    views=(
        backoffice.CertificationView,
        backoffice.CustomerView,
        backoffice.OccupancyView,
        backoffice.CustomerMemberView,
        backoffice.TechnicianView,
        backoffice.MemberView,
    ),
    api=(api, client_api.api, official_api.api),
    sheets=(sheets.CUSTOMERS, sheets.OCCUPANCIES, sheets.TECHNICIANS),
    media=(Purpose(certification.PURPOSE, "认证材料", area="certification"),),
    settings=(
        Setting("members.privacy_version", "隐私政策版本", "2026-11", "更新后用户需重新同意"),
        Setting("members.material_consent_version", "认证材料使用说明版本", "2026-11", "更新后提交认证前需重新同意"),
        Setting(
            "members.material_days",
            "未通过认证材料保留天数",
            180,
            "驳回或撤回后到期，删除证件照片和号码，只留审核结果",
            minimum=30,
            maximum=3650,
        ),
        Setting(
            "members.certification_template", "认证结果订阅消息模板", "", "微信公众平台的模板编号；空则只发站内消息"
        ),
    ),
    menu=(
        MenuEntry(
            "certification", "身份认证", "id-card", "/pkg-members/certification", ("visitor", "merchant", "tenant")
        ),
    ),
    tiles=(
        Tile(
            "certification",
            "approve",
            "待审核认证",
            queries.count_pending,
            "CertificationView.list",
            {"state": "pending"},
        ),
    ),
    jobs={
        "members.forget_tokens": Job("清除过期的登录", operations.forget_tokens),
        "members.follow_the_day": Job("更新房屋使用状态", operations.follow_the_day),
        "members.forget_material": Job("清除到期的认证材料", retention.forget_material),
    },
    schedule=(
        Timed("members.forget_tokens", daily_at="03:10"),
        Timed("members.follow_the_day", daily_at="00:05"),
        Timed("members.forget_material", daily_at="03:40"),
    ),
    search=(
        Searched(
            backoffice.CustomerView,
            words=("name", "contact_name"),
            phone="phone",
            detail=("kind", "contact_name", "phone"),
        ),
        Searched(backoffice.TechnicianView, words=("name",), phone="phone", detail=("phone", "trades")),
        Searched(
            backoffice.MemberView, words=("nickname", "contact_name"), phone="phone", detail=("contact_name", "phone")
        ),
    ),
    start=connect,
    demo=demo.fill,
    demo_after=("estate", "system"),
)
