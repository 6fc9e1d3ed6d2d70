"""The admin's pages for applications, keys, and the people who own them."""

from access.admin.access_templates import AccessTemplateAdmin
from access.admin.applications import ApplicationAdmin
from access.admin.clients import ClientAccessAdmin
from access.admin.keys import ApiKeyAdmin
from access.admin.memberships import MembershipAdmin
from access.admin.offices import OfficeAdmin
from access.admin.people import GroupAdmin, UserAdmin
from access.admin.tokens import AccessTokenAdmin

__all__ = [
    "AccessTemplateAdmin",
    "AccessTokenAdmin",
    "ApiKeyAdmin",
    "ApplicationAdmin",
    "ClientAccessAdmin",
    "GroupAdmin",
    "MembershipAdmin",
    "OfficeAdmin",
    "UserAdmin",
]
