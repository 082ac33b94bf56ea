"""Complaints and suggestions of the demonstration park in every state, some late, some anonymous."""

from datetime import timedelta

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core import clock
from app.modules.estate.demo import PARK
from app.modules.estate.models import Community
from app.modules.feedback.models import COMPLAINT, Feedback, FeedbackReply, FeedbackType
from app.modules.feedback.operations import author_of, install
from app.modules.members.models import CustomerMember

ROWS = (
    ("complaint", "噪音扰民", "B座 9 层装修，中午 12 点到 2 点还在钻墙，影响休息。", "processing", 20, False, None,
     ("您好，已通知装修单位调整施工时间，今天起中午不再施工。",)),
    ("complaint", "环境卫生", "负一层垃圾房异味很大，早上没有人清运。", "closed", 190, False, 5,
     ("已安排清运时间提前到早上 7 点，并做了消杀。",)),
    ("suggestion", "停车管理", "建议在南门增加几个访客临停车位，送货车常堵路口。", "answered", 90, False, None,
     ("感谢建议，下月将划出 4 个 15 分钟临停位。",)),
    ("complaint", "物业服务态度", "前台工作人员登记访客时语气不好。", "submitted", 6, True, None, ()),
    ("complaint", "设施设备", "A座 3 号电梯经常在 8 层停很久不关门。", "processing", 75, False, None,
     ("已联系维保单位，配件预计后天到。",)),
    ("suggestion", "安全与秩序", "希望地下停车场角落多装两盏灯。", "closed", 400, True, 4, ("已增加照明，欢迎监督。",)),
    ("complaint", "收费问题", "上个月的电费账单和抄表数对不上，请核对。", "submitted", 2, False, None, ()),
    ("suggestion", "其他", "能否在大堂设一个共享雨伞架？", "closed", 600, False, 3, ("已采购，下周投放。",)),
    ("complaint", "停车管理", "固定车位被外来车占用，打电话半小时才来人。", "answered", 30, False, None,
     ("已对占位车辆贴单并联系车主，今后巡查加密。",)),
)  # fmt: skip
"""kind, type, content, state, hours ago, anonymous, rating, what staff said."""


def fill(session: Session) -> None:
    """Add them; the same each time, with times up to now."""
    install(session)
    types = {row.name: row for row in session.scalars(select(FeedbackType))}
    park = session.scalars(select(Community).where(Community.name == PARK)).one()
    staff = session.scalar(select(User.id).where(User.username == "property"))
    members = session.scalars(select(CustomerMember.member_id).order_by(CustomerMember.id).limit(30)).all()
    for number, (kind, type_name, content, state, hours, anonymous, rating, said) in enumerate(
        sorted(ROWS, key=lambda row: -row[4])
    ):
        chosen, filed = types[type_name], clock.now() - timedelta(hours=hours)
        answered = filed + timedelta(hours=min(hours, 9)) if state in ("answered", "closed") else None
        member = members[number % len(members)]
        deadline = filed + timedelta(hours=chosen.hours)
        late = answered is None and deadline < clock.now()
        feedback = Feedback(
            community_id=park.id, kind=kind, type_id=chosen.id, content=content, anonymous=anonymous,
            member_id=None if anonymous else member, author=author_of(member), state=state, created_at=filed,
            assigned_to=None if state == "submitted" else staff, deadline_at=deadline, answered_at=answered,
            escalated_at=deadline if late and kind == COMPLAINT else None,
            closed_at=answered + timedelta(hours=20) if answered and state == "closed" else None, rating=rating,
            rating_note="处理很快" if rating == 5 else "",
        )  # fmt: skip
        session.add(feedback)
        session.flush()
        for words in said:
            session.add(FeedbackReply(feedback_id=feedback.id, staff_id=staff, content=words,
                                      created_at=filed + timedelta(hours=min(hours, 8) / 2)))  # fmt: skip
    session.flush()
