"""The module in one object."""

from app.core.jobs import Job, Timed
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
from app.core.search import Searched
from app.modules.billing import finance_sheets, operations, queries, sheets, tariff_sheets
from app.modules.billing import models as _tables  # noqa: F401  (the metadata knows them)
from app.modules.billing.api import bills as bills_api
from app.modules.billing.api import documents as documents_api
from app.modules.billing.api import finance as finance_api
from app.modules.billing.api import payments as payments_api
from app.modules.billing.backoffice import (
    alerts,
    bills,
    dunning,
    finance,
    invoices,
    meters,
    payments,
    reconciliation,
    runs,
    tariffs,
)
from app.modules.billing.books import CHECKS
from app.modules.billing.connections import connect
from app.modules.billing.demo import tariffs as demo
from app.modules.billing.jobs import JOBS, SCHEDULE
from app.modules.billing.operations import dunning as dunning_operations
from app.modules.billing.operations import late_fees, ledger_days, offset
from app.modules.billing.operations import runs as run_operations
from app.modules.billing.own_data import OWN_DATA
from app.modules.billing.reports import PANELS, REPORTS

MODULE = Module(
    "billing",
    "收费管理",
    "fa-yen-sign",
    areas=(
        Area("billing", "账单与收款", (*STANDARD, APPROVE, REVEAL)),
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
        invoices.InvoiceView,
        invoices.ReceiptView,
        dunning.ArrearsView,
        dunning.NoticeSentView,
        dunning.StageView,
        dunning.HoldView,
        finance.FinanceEntryView,
        finance.FinanceKeyView,
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
    api=(bills_api.api, payments_api.api, documents_api.api, finance_api.api),
    sheets=(
        sheets.ARREARS,
        finance_sheets.ENTRIES,
        tariff_sheets.ASSIGNMENTS,
        tariff_sheets.METERS,
        tariff_sheets.READINGS,
    ),
    reports=REPORTS,
    panels=PANELS,
    menu=(MenuEntry("billing", "在线缴费", "wallet", "/pkg-billing/bills", ("merchant", "tenant")),),
    tiles=(
        Tile("billing", "approve", "待审批退款", queries.count_refunds, "RefundView.list", {"state": "pending"}),
        Tile("billing", "approve", "待审批减免", queries.count_waivers, "WaiverView.list", {"state": "pending"}),
        Tile("billing", "approve", "待退押金", queries.count_deposits, "DepositView.list", {"state": "returning"}),
        Tile("billing", "edit", "待处理收款异常", queries.count_alerts, "AlertView.list", {"state": "open"}),
        Tile("billing", "edit", "待开发票", queries.count_invoices, "InvoiceView.list", {"state": "pending"}),
        Tile("dunning", "edit", "待发催告函的账单", dunning.count_letters, "ArrearsView.letters", {}),
        Tile(
            "reconciliation",
            "edit",
            "待匹配到账",
            finance.count_unmatched,
            "FinanceEntryView.list",
            {"state": "unmatched"},
        ),
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
        Setting("billing.company_name", "收款单位名称", "", "收据和催告函的落款；空则用园区名称"),
        Setting(
            "billing.company_seal", "收据用章名称", "", "印在收据盖章处，如“某某物业财务专用章”；空则印“（盖章处）”"
        ),
        Setting("billing.company_bank", "开户银行", "", "印在催告函上"),
        Setting("billing.company_account", "收款账号", "", "印在催告函上；空则不印转账方式"),
        Setting("billing.company_phone", "收费咨询电话", "", "印在催告函上；空则用园区的服务电话"),
        Setting("billing.dunning", "自动催缴", True, "每天按催缴阶段向欠费客户发送提醒"),
        Setting("billing.dunning_from", "催缴开始时间（点）", 9, "此时间之前不打扰客户", minimum=0, maximum=23),
        Setting("billing.dunning_until", "催缴结束时间（点）", 20, "此时间之后不打扰客户", minimum=1, maximum=24),
        Setting("billing.dunning_template", "催缴订阅消息模板", "", "微信公众平台的模板编号；空则只发站内消息"),
        Setting("billing.invoice_template", "开票结果订阅消息模板", "", "微信公众平台的模板编号；空则只发站内消息"),
        Setting("billing.auto_offset", "预存自动抵扣", True, "每天用客户的预存款抵扣未缴账单，先到期的先抵"),
        Setting("billing.payment_template", "缴费结果订阅消息模板", "", "微信公众平台的模板编号；空则只发站内消息"),
    ),
    jobs={
        "billing.dunning": Job("每日催缴", dunning_operations.run_daily),
        "billing.dun": Job("发送催缴", dunning_operations.dun),
        "billing.late_fees": Job("计算滞纳金", late_fees.accrue_daily),
        "billing.offset": Job("预存自动抵扣", offset.apply_everywhere),
        "billing.sum_ledger": Job("账目日汇总", ledger_days.sum_ledger),
        ledger_days.SUM_PART: Job("账目日汇总（分批）", ledger_days.sum_part),
        run_operations.JOB: Job("出账", run_operations.issue_part),
        **JOBS,
    },
    schedule=(
        Timed("billing.dunning", daily_at="08:30"),
        Timed("billing.late_fees", daily_at="00:10"),
        Timed("billing.offset", daily_at="01:00"),
        Timed("billing.sum_ledger", every_minutes=15),
        *SCHEDULE,
    ),
    own_data=OWN_DATA,
    checks=CHECKS,
    search=(Searched(bills.BillView, exact=("number",), detail=("customer", "fee_item", "amount_fen", "state")),),
    start=connect,
    install=operations.install,
    demo=demo.fill,
    demo_after=("members",),
)
