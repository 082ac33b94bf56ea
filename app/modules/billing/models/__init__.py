"""Records of billing: what is charged, what was billed, the money, and what is done about arrears."""

from app.modules.billing.models.bills import Bill, BillLine, BillRun, Waiver
from app.modules.billing.models.catalogue import (
    FeeItem,
    Meter,
    MeterReading,
    Tariff,
    TariffAssignment,
    TariffVersion,
)
from app.modules.billing.models.collection import DunningHold, DunningNotice, DunningStage
from app.modules.billing.models.ledger import LedgerDay, LedgerEntry, LedgerMark
from app.modules.billing.models.matching import (
    FinanceEntry,
    FinanceKey,
    PaymentAlert,
    Reconciliation,
    ReconciliationDifference,
)
from app.modules.billing.models.money import (
    Account,
    Counter,
    Deposit,
    InvoiceRequest,
    Payment,
    PaymentItem,
    Receipt,
    ReceiptPrint,
    Refund,
)

__all__ = (
    "Account", "Bill", "BillLine", "BillRun", "Counter", "Deposit", "DunningHold", "DunningNotice", "DunningStage",
    "FeeItem", "FinanceEntry", "FinanceKey", "InvoiceRequest", "LedgerDay", "LedgerEntry", "LedgerMark", "Meter",
    "MeterReading", "Payment", "PaymentAlert", "PaymentItem", "Receipt", "ReceiptPrint", "Reconciliation",
    "ReconciliationDifference", "Refund", "Tariff", "TariffAssignment", "TariffVersion", "Waiver",
)  # fmt: skip
