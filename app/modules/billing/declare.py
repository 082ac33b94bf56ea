"""The module in one object."""

from app.core.jobs import Timed
from app.core.module import (
    APPROVE,
    DELETE,
    EDIT,
    EXPORT,
    IMPORT,
    REVEAL,
    STANDARD,
    VIEW,
    Area,
    MenuEntry,
    Module,
    Setting,
    Tile,
)
from app.modules.billing import models as _tables  # noqa: F401  (the metadata knows them)
from app.modules.billing import operations, queries, sheets, tariff_sheets
from app.modules.billing.api import bills as bills_api
from app.modules.billing.api import payments as payments_api
from app.modules.billing.backoffice import alerts, bills, meters, payments, reconciliation, runs, tariffs
from app.modules.billing.connections import connect
from app.modules.billing.demo import tariffs as demo
from app.modules.billing.jobs import HANDLERS, SCHEDULE
from app.modules.billing.operations import late_fees, offset
from app.modules.billing.operations import runs as run_operations
from app.modules.billing.reports import REPORTS

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
    views=(
        payments.CounterView,
        bills.BillView,
        payments.PaymentView,
        payments.RefundView,
        bills.WaiverView,
        payments.DepositView,
        payments.StatementView,
        alerts.AlertView,
        reconciliation.ReconciliationView,
        reconciliation.DifferenceView,
        reconciliation.FetchView,
        runs.RunPages,
        runs.RunView,
        tariffs.VersionView,
        tariffs.TariffView,
        tariffs.AssignmentView,
        tariffs.FeeItemView,
        tariffs.VersionPages,
        tariffs.AssignPages,
        meters.EntryView,
        meters.ReadingView,
        meters.MeterView,
    ),
    api=(bills_api.api, payments_api.api),
    sheets=(sheets.ARREARS, tariff_sheets.ASSIGNMENTS, tariff_sheets.METERS, tariff_sheets.READINGS),
    reports=REPORTS,
    menu=(MenuEntry("billing", "在线缴费", "wallet", "/pkg-billing/bills", ("merchant", "tenant")),),
    tiles=(
        Tile("billing", "approve", "待审批退款", queries.count_refunds, "RefundView.list", {"state": "pending"}),
        Tile("billing", "approve", "待审批减免", queries.count_waivers, "WaiverView.list", {"state": "pending"}),
        Tile("billing", "approve", "待退押金", queries.count_deposits, "DepositView.list", {"state": "returning"}),
        Tile("billing", "edit", "待处理收款异常", queries.count_alerts, "AlertView.list", {"state": "open"}),
        Tile(
            "reconciliation",
            "edit",
            "待处理对账差异",
            queries.count_differences,
            "DifferenceView.list",
            {"state": "open"},
        ),
    ),
    settings=(
        Setting("billing.auto_offset", "预存自动抵扣", True, "每天用客户的预存款抵扣未缴账单，先到期的先抵"),
        Setting("billing.payment_template", "缴费结果订阅消息模板", "", "微信公众平台的模板编号；空则只发站内消息"),
    ),
    handlers={
        "billing.late_fees": late_fees.accrue_daily,
        "billing.offset": offset.apply_everywhere,
        run_operations.JOB: run_operations.issue_part,
        **HANDLERS,
    },
    schedule=(Timed("billing.late_fees", daily_at="00:10"), Timed("billing.offset", daily_at="01:00"), *SCHEDULE),
    start=connect,
    install=operations.install,
    demo=demo.fill,
    demo_after=("members",),
)
