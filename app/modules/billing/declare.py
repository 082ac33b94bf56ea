"""The module in one object."""

from app.core.module import APPROVE, DELETE, EDIT, EXPORT, IMPORT, REVEAL, STANDARD, VIEW, Area, Module
from app.modules.billing import models as _tables  # noqa: F401  (the metadata knows them)
from app.modules.billing import operations

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
    install=operations.install,
)
