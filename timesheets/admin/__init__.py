"""Hours in the admin: registering, approving, categories, and files."""

from timesheets.admin.categories import TimeCategoryAdmin
from timesheets.admin.transactions import TimeTransactionAdmin

__all__ = ["TimeCategoryAdmin", "TimeTransactionAdmin"]
