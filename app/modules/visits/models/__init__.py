"""Records of visits: what is expected, what opens a gate, the gates, and every scan."""

from app.modules.visits.models.gates import Gate, GateGroup, PassKey
from app.modules.visits.models.passages import Passage
from app.modules.visits.models.visits import AccessPass, BatchGrant, BlockedVisitor, PassBatch, Visit

__all__ = (
    "AccessPass",
    "BatchGrant",
    "BlockedVisitor",
    "Gate",
    "GateGroup",
    "PassBatch",
    "PassKey",
    "Passage",
    "Visit",
)
