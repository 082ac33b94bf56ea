"""Records of feedback for tests."""

from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.modules.feedback.models import Feedback, FeedbackType
from app.modules.feedback.operations import author_of
from tests.factories import make_community

_numbers = count(1)


def make_type(session: Session, **values: Any) -> FeedbackType:
    """A type for both kinds, to be answered within two days."""
    made = FeedbackType(**{"name": f"类型{next(_numbers)}", "kind": "both", "hours": 48, **values})
    session.add(made)
    session.flush()
    return made


def make_feedback(session: Session, member_id: int, **values: Any) -> Feedback:
    """A complaint that nobody has begun to work on."""
    community = values.pop("community", None) or make_community(session)
    chosen = values.pop("type", None) or make_type(session)
    feedback = Feedback(
        **{
            "community_id": community.id,
            "kind": "complaint",
            "type_id": chosen.id,
            "content": "装修噪音太大",
            "member_id": None if values.get("anonymous") else member_id,
            "author": author_of(member_id),
            "deadline_at": clock.now() + timedelta(hours=48),
            **values,
        }
    )
    session.add(feedback)
    session.flush()
    return feedback
