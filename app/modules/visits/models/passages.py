"""Every scan at a gate, for good."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Moment, Record, choice_column, label
from app.modules.estate.models import Community
from app.modules.visits.models.gates import DIRECTIONS, Gate
from app.modules.visits.models.visits import Visit

ALLOWED = "allowed"
UNKNOWN, FORGED, EARLY, LATE, USED, REVOKED = "unknown", "forged", "early", "expired", "used", "revoked"
WRONG_GATE, NOT_ENTERED, CLOCK, PAUSED = "wrong_gate", "not_entered", "clock", "paused"
OUTCOMES = {
    ALLOWED: "放行",
    UNKNOWN: "无效码",
    FORGED: "伪造码",
    EARLY: "未到时间",
    LATE: "已过期",
    USED: "已使用",
    REVOKED: "已作废",
    WRONG_GATE: "非本闸机",
    NOT_ENTERED: "无入场记录",
    CLOCK: "时间异常",
    PAUSED: "数字码暂停",
}


class Passage(Record):
    """通行记录: one scan with its outcome. ``conflict``: a gate that was offline let somebody through whom we, knowing
    all, would have refused for this reason."""

    __tablename__ = "passage"
    __label__ = "通行记录"
    __append_only__ = True
    __audited__ = False
    __table_args__ = (
        UniqueConstraint("gate_id", "serial"),
        Index("ix_passage_community_id_scanned_at", "community_id", "scanned_at", "id"),
        Index("ix_passage_gate_id_scanned_at", "gate_id", "scanned_at"),
    )

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), info=label("园区"))
    gate_id: Mapped[int] = mapped_column(BigId, ForeignKey("gate.id"), info=label("闸机"))
    visit_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("visit.id"), index=True, info=label("来访"))
    direction: Mapped[str] = choice_column(DIRECTIONS, "方向")
    outcome: Mapped[str] = choice_column(OUTCOMES, "结果")
    conflict: Mapped[str | None] = choice_column(OUTCOMES, "离线冲突")
    offline: Mapped[bool] = mapped_column(Boolean, default=False, info=label("离线上传"))
    serial: Mapped[str | None] = mapped_column(String(64), info=label("设备流水号"))
    scanned_at: Mapped[datetime] = mapped_column(Moment, index=True, info=label("扫码时间"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    gate: Mapped[Gate] = relationship(lazy="raise_on_sql")
    visit: Mapped[Visit | None] = relationship(lazy="raise_on_sql")
