"""The module in one object."""

from app.core.jobs import Timed
from app.core.module import APPROVE, DELETE, EDIT, EXPORT, IMPORT, REVEAL, STANDARD, VIEW, Area, Module, Setting
from app.modules.billing import models as _tables  # noqa: F401  (the metadata knows them)
from app.modules.billing import operations
from app.modules.billing.operations import offset

MODULE = Module(
    "billing",
    "收费管理",
    "fa-yen-sign",
    areas=(
        Area("billing", "账单与收款", (*STANDARD, APPROVE)),
        Area("tariffs", "收费标准与抄表", (*STANDARD, APPROVE)),
        Area("dunning", "催缴", (*STANDARD,)),
        Area("reconciliation", "对账与财务接口", (VIEW, EDIT, DELETE, IMPORT, EXPORT, REVEAL)),
    ),
    settings=(
        Setting("billing.auto_offset", "预存自动抵扣", True, "每天用客户的预存款抵扣未缴账单，先到期的先抵"),
        Setting("billing.payment_template", "缴费结果订阅消息模板", "", "微信公众平台的模板编号；空则只发站内消息"),
    ),
    handlers={"billing.offset": offset.apply_everywhere},
    schedule=(Timed("billing.offset", daily_at="01:00"),),
    install=operations.install,
)
