"""Gates, the groups in which a pass opens one of them, and the keys that sign passes."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import BigId, Moment, Record, choice_column, label
from app.core.privacy import Sealed, mask_all, personal
from app.modules.estate.models import Building, Community

IN, OUT = "in", "out"
DIRECTIONS = {IN: "进", OUT: "出"}
HTTP, VGUANG, HIKVISION, ZKTECO = "http", "vguang", "hikvision", "zkteco"
PROTOCOLS = {
    HTTP: "标准接口（签名）",
    VGUANG: "微光 HTTP",
    HIKVISION: "海康威视 远程核验",
    ZKTECO: "中控智慧 安防 PUSH",
}


class GateGroup(Record):
    """闸机组: gates at one line of passage; a pass opens one gate of its group. A building's group is for visits to
    that building, the one without a building for all others of the community."""

    __tablename__ = "gate_group"
    __label__ = "闸机组"
    __table_args__ = (UniqueConstraint("community_id", "building_id"),)

    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    building_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("building.id"), index=True,
        info=label("楼栋", help="到访该楼栋的通行码在本组闸机使用；留空为园区其他来访"),
    )  # fmt: skip
    name: Mapped[str] = mapped_column(String(32), info=label("名称"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    building: Mapped[Building | None] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return self.name


class Gate(Record):
    """闸机: one lane in one direction; a lane that is passed both ways is two."""

    __tablename__ = "gate"
    __label__ = "闸机"

    number: Mapped[str] = mapped_column(
        String(16), unique=True, info=label("闸机编号", help="字母、数字和短横线；用于接口地址和签名")
    )
    community_id: Mapped[int] = mapped_column(BigId, ForeignKey("community.id"), index=True, info=label("园区"))
    group_id: Mapped[int] = mapped_column(BigId, ForeignKey("gate_group.id"), index=True, info=label("闸机组"))
    place: Mapped[str] = mapped_column(String(64), info=label("位置"))
    direction: Mapped[str] = choice_column(DIRECTIONS, "方向", IN)
    protocol: Mapped[str] = choice_column(PROTOCOLS, "接入方式", HTTP)
    device_serial: Mapped[str | None] = mapped_column(
        String(64), unique=True, info=label("设备序列号", help="中控设备以序列号识别")
    )
    addresses: Mapped[str] = mapped_column(
        Text, default="", info=label("允许的 IP", help="一行一个地址或网段；设备不签名时请填写，中控设备必填")
    )
    takes_codes: Mapped[bool] = mapped_column(
        Boolean, default=True, info=label("接受数字码", help="访客可输入 10 位数字码；连续输错会暂停")
    )
    active: Mapped[bool] = mapped_column(Boolean, default=True, index=True, info=label("启用"))
    secret: Mapped[str] = mapped_column(Sealed, info=personal("密钥", "接口签名", sensitive=True, mask=mask_all))
    last_seen_at: Mapped[datetime | None] = mapped_column(Moment, index=True, info=label("最近在线"))

    community: Mapped[Community] = relationship(lazy="raise_on_sql")
    group: Mapped[GateGroup] = relationship(lazy="raise_on_sql")

    def __str__(self) -> str:
        return f"{self.number} {self.place}"


class PassKey(Record):
    """通行码签名密钥: Ed25519. The newest signs; the others are accepted until they retire."""

    __tablename__ = "pass_key"
    __label__ = "通行码密钥"

    number: Mapped[int] = mapped_column(Integer, unique=True, info=label("密钥编号"))
    private_key: Mapped[str] = mapped_column(Sealed, info=personal("私钥", "通行码签名", sensitive=True, mask=mask_all))
    public_key: Mapped[str] = mapped_column(String(64), info=label("公钥"))
    retires_at: Mapped[datetime | None] = mapped_column(Moment, info=label("停用时间"))

    def __str__(self) -> str:
        return f"{self.number} 号密钥"
