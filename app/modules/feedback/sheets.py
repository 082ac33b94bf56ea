"""Import and export of types; export of complaints and suggestions by type (C2). Authors stand in no export."""

from app.core.sheets import Choice, Date, Flag, Integer, Lookup, Sheet, Text
from app.modules.estate.sheets import community_column
from app.modules.feedback.models import Feedback, FeedbackType

TYPES = Sheet(
    FeedbackType,
    key=("name",),
    area="feedback_types",
    columns=[
        Text("name", example="环境卫生"),
        Choice("kind"),
        Integer("hours", minimum=1, maximum=2160, example="24"),
        Integer("position", example="10"),
        Flag("active", example="是"),
    ],
)

FEEDBACK = Sheet(
    Feedback,
    key=("community_id", "content"),
    area="feedback",
    columns=[
        community_column(),
        Choice("kind"),
        Lookup("type_id", "类型", FeedbackType, by=("name",)),
        Text("content"),
        Flag("anonymous"),
        Choice("state"),
        Date("created_at"),
        Date("deadline_at"),
        Date("answered_at"),
        Date("closed_at"),
        Integer("rating"),
        Text("rating_note"),
        Integer("reopened"),
    ],
)
"""Export only: not listed among the module's imports."""
