"""What this module tells those that build on it."""

from blinker import Namespace

_signals = Namespace()

member_erased = _signals.signal("member_erased")
"""Sent by ``own_data.erase`` inside its transaction, with the session as sender and ``member_id``: whoever keeps
something personal of a member lets go of it now."""
