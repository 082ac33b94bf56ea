"""All tables of the core, imported so that one metadata knows them."""

from app.core.api.models import IdempotentAnswer
from app.core.audit import AuditEntry, AuditHead
from app.core.backoffice.models import (
    BulkWork,
    DeliveredReport,
    HiddenColumns,
    PanelSnapshot,
    ReportSubscription,
    SavedFilter,
    StaffAccount,
    StaffSession,
)
from app.core.jobs.models import JobRun, OutboxEntry
from app.core.media import MediaFile
from app.core.messages.models import Delivery, Message, Subscription
from app.core.rights import StaffScope
from app.core.search import GRAMS
from app.core.settings import SettingValue
from app.core.sheets.models import ExportJob, ImportedRow, ImportJob

__all__ = [
    "GRAMS",
    "AuditEntry",
    "AuditHead",
    "BulkWork",
    "DeliveredReport",
    "Delivery",
    "ExportJob",
    "HiddenColumns",
    "IdempotentAnswer",
    "ImportJob",
    "ImportedRow",
    "JobRun",
    "MediaFile",
    "Message",
    "OutboxEntry",
    "PanelSnapshot",
    "ReportSubscription",
    "SavedFilter",
    "SettingValue",
    "StaffAccount",
    "StaffScope",
    "StaffSession",
    "Subscription",
]  # fmt: skip
