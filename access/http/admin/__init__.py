"""What every app's admin pages share: refusals as messages, deletions looked at first, lists of any length."""

from access.http.admin.register import ReadOnlyAdmin, RegisterAdmin

__all__ = ["ReadOnlyAdmin", "RegisterAdmin"]
