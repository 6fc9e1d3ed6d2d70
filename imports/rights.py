"""Who may import into which company: an import writes vouchers and accounts, and may bring a company of its own."""

from functools import reduce
from typing import Self

from django.contrib.auth.models import AnonymousUser, User

from access.rights import Rights, rights_of
from access.scope import rights_of_request
from imports.models import FileImport
from ledger.importing.exceptions import FileError
from ledger.importing.messages import message as _
from ledger.models import Company

NEEDED = ("ledger.add_voucher", "ledger.change_voucher", "ledger.add_account")
NEEDED_FOR_NEW = (*NEEDED, "ledger.add_company")


class ForeignCompany(FileError):
    """Whoever put the file in may not import into its company; whether there is such a company isn't told."""

    code = "foreign_company"

    @classmethod
    def of(cls, number: str) -> Self:
        """For a company's number."""
        return cls(
            _("You may not import into company %(number)s.") % {"number": number},
            advice=_(
                "It takes the rights to add and change vouchers and to add accounts in that company; "
                "for a company that isn't there yet, in all companies."
            ),
        )


def may_import(rights: Rights, number: str) -> bool:
    """Tell whether somebody may import into the company of a number; into one that isn't there, if they may make it."""
    company = Company.objects.filter(number=number).values_list("pk", flat=True).first()
    if company is None:
        return all(rights.companies_with(permission) is None for permission in NEEDED_FOR_NEW)
    return all(rights.may(permission, company=company) for permission in NEEDED)


def check_company(file_import: FileImport, number: str) -> None:
    """Raise `ForeignCompany` unless whoever put a file in may import into a company now."""
    started_by = file_import.started_by_id
    user = None if started_by is None else User.objects.filter(pk=started_by).first()
    if user is None or not may_import(rights_of(user), number):
        raise ForeignCompany.of(number)


def companies_to_import_into(user: User | AnonymousUser) -> frozenset[int] | None:
    """Return the companies (ids) that somebody may import into; None for all."""
    rights = rights_of_request(user)
    reaches = [rights.companies_with(permission) for permission in NEEDED]
    limits = [reach for reach in reaches if reach is not None]
    return reduce(frozenset.intersection, limits) if limits else None
