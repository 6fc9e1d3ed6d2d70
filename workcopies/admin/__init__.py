"""The working copies' pages: checking out, who has what, checking in."""

from workcopies.admin.check_ins import CheckInAdmin
from workcopies.admin.copies import WorkingCopyAdmin

__all__ = ["CheckInAdmin", "WorkingCopyAdmin"]
