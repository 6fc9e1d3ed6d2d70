"""The history's page."""

from history.admin.changes import ChangeAdmin

__all__ = ["ChangeAdmin"]
