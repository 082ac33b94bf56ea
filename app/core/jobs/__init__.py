"""Work outside the request: the outbox, its dispatcher and timed jobs.

A business transaction puts its rows and its work into the database together; the work is claimed with a
lease and done once. Nothing in a module knows in which process that happens.
"""

from app.core.jobs.commands import init_app
from app.core.jobs.outbox import Job, Outside, Timed, put
from app.core.jobs.runner import Dispatcher, extend_lease, run_due

__all__ = ("Dispatcher", "Job", "Outside", "Timed", "extend_lease", "init_app", "put", "run_due")
