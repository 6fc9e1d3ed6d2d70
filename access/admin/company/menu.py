"""To whom the menu shows the pages of accounts."""

from typing import cast

from django.contrib.auth.models import User
from django.http import HttpRequest

from access.accounts import ADMINISTER_ACCOUNT
from access.admin.company.accountant import VIEW
from access.scope import rights_of_request


def has_account(request: HttpRequest) -> bool:
    """Whether there is any account that the person may know of."""
    return rights_of_request(cast(User, request.user)).visible != frozenset()


def may_see_accountants(request: HttpRequest) -> bool:
    """Whether they may see any company's accountant."""
    return request.user.has_perm(VIEW) or request.user.has_perm(ADMINISTER_ACCOUNT)
