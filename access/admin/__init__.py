"""The admin's pages for applications, keys, and the people who own them."""

from access.admin.applications import ApplicationAdmin
from access.admin.keys import ApiKeyAdmin
from access.admin.people import GroupAdmin, UserAdmin

__all__ = ["ApiKeyAdmin", "ApplicationAdmin", "GroupAdmin", "UserAdmin"]
