"""Imports and exports as they are kept: who brought which file in, what came of it, and how to take it back."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import BigId, Moment, Record, label, state_column
from app.core.workflow import Move, Workflow


class ImportJob(Record):
    """One uploaded sheet: checked (dry run) → confirmed → imported; undone while untouched."""

    __tablename__ = "import_job"
    __label__ = "导入任务"

    flow = Workflow(
        {
            "checking": "检查中",
            "checked": "待确认",
            "importing": "导入中",
            "imported": "已导入",
            "failed": "失败",
            "cancelled": "已取消",
            "undone": "已撤销",
        },
        finish_check=Move(("checking",), "checked", "检查完成"),
        confirm=Move(("checked",), "importing", "确认导入", right="import"),
        finish=Move(("importing",), "imported", "导入完成"),
        fail=Move(("checking", "importing"), "failed", "失败"),
        cancel=Move(("checked", "failed"), "cancelled", "取消", right="import"),
        undo=Move(("imported",), "undone", "撤销导入", right="import"),
    )

    sheet: Mapped[str] = mapped_column(String(64), index=True, info=label("表"))
    filename: Mapped[str] = mapped_column(String(200), info=label("文件名"))
    file_key: Mapped[str] = mapped_column(String(64), info=label("文件"))
    sha256: Mapped[str] = mapped_column(String(64), index=True, info=label("校验值"))
    state: Mapped[str] = state_column("checking")
    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id"), index=True, info=label("操作人"))
    total: Mapped[int] = mapped_column(Integer, default=0, info=label("总行数"))
    done: Mapped[int] = mapped_column(Integer, default=0, info=label("已处理"))
    created_rows: Mapped[int] = mapped_column(Integer, default=0, info=label("新增"))
    updated_rows: Mapped[int] = mapped_column(Integer, default=0, info=label("更新"))
    unchanged_rows: Mapped[int] = mapped_column(Integer, default=0, info=label("无变化"))
    failed_rows: Mapped[int] = mapped_column(Integer, default=0, info=label("错误行数"))
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, info=label("问题"))
    notices: Mapped[list[str]] = mapped_column(JSON, default=list, info=label("提示"))
    previews: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, info=label("修改预览"))
    failed_key: Mapped[str] = mapped_column(String(64), default="", info=label("错误行文件"))
    error: Mapped[str] = mapped_column(Text, default="", info=label("失败原因"))
    finished_at: Mapped[datetime | None] = mapped_column(Moment, info=label("完成时间"))


class ImportedRow(Record):
    """What an import did to one record, so that the whole batch can be taken back."""

    __tablename__ = "imported_row"
    __label__ = "导入明细"

    job_id: Mapped[int] = mapped_column(BigId, ForeignKey("import_job.id", ondelete="CASCADE"), index=True)
    record: Mapped[str] = mapped_column(String(64))
    record_id: Mapped[int] = mapped_column(BigInteger)
    stamp: Mapped[datetime] = mapped_column(Moment)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What the changed attributes held (sealed ones still sealed); None: the record was made by the import."""


class ExportJob(Record):
    """One export: who took which list out, with which filters, and how many rows."""

    __tablename__ = "export_job"
    __label__ = "导出记录"

    sheet: Mapped[str] = mapped_column(String(64), index=True, info=label("表"))
    user_id: Mapped[int] = mapped_column(Integer, ForeignKey("ab_user.id"), index=True, info=label("操作人"))
    filters: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, info=label("筛选条件"))
    rows: Mapped[int] = mapped_column(Integer, default=0, info=label("行数"))
    revealed: Mapped[bool] = mapped_column(default=False, info=label("含敏感信息"))
