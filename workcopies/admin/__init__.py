"""The working copies' pages: checking out, who has what, checking in, choosing between two sides."""

from workcopies.admin.check_ins import CheckInAdmin
from workcopies.admin.conflicts import ConflictAdmin
from workcopies.admin.copies import WorkingCopyAdmin

__all__ = ["CheckInAdmin", "ConflictAdmin", "WorkingCopyAdmin"]
