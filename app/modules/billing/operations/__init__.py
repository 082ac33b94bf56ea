"""What can happen in billing; each subject in a file, what other modules use is named here."""

from app.modules.billing.operations.charges import charge, install, void

__all__ = ("charge", "install", "void")
