"""Accounts: an accounting office or a company, as the people in it see it.

An office and the company that is its own books share a number, so an account is named by its kind as well.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet

from access.administrators import administrators_of
from access.belonging import company_permissions
from access.models import ApiKey, Membership, Office, TermsAcceptance
from access.rights import names_at, permissions_at
from access.scope import reach_of, rights_of_request
from ledger.models import Company

ADMINISTER_USERS = "access.administer_users"
ADMINISTER_ACCOUNT = "access.administer_account"
MOST_ADMINISTRATORS = 5


class AccountKind(StrEnum):
    """What an account is of."""

    OFFICE = "office"
    COMPANY = "company"


@dataclass(frozen=True)
class Account:
    """An office's or a company's account; `company` is the office's own where there is an office."""

    company: Company
    office: Office | None = None

    @property
    def kind(self) -> AccountKind:
        """Which of the two it is."""
        return AccountKind.COMPANY if self.office is None else AccountKind.OFFICE

    @property
    def number(self) -> str:
        """The company's number, also the office's."""
        return self.company.number

    @property
    def name(self) -> str:
        """What people call it."""
        return self.company.name if self.office is None else self.office.name

    @property
    def at(self) -> Q:
        """The condition under which a membership, key or order is of this account."""
        return Q(company=self.company) if self.office is None else Q(office=self.office)

    @property
    def place(self) -> dict[str, Any]:
        """What services take that are told an office or a company."""
        return {"company": self.company} if self.office is None else {"office": self.office}

    @property
    def memberships(self) -> QuerySet[Membership]:
        """The employees and contacts of this account, those who have left included."""
        return Membership.objects.filter(self.at)

    @property
    def keys(self) -> QuerySet[ApiKey]:
        """The keys that were made at this account."""
        return ApiKey.objects.filter(self.at)

    @property
    def acceptances(self) -> QuerySet[TermsAcceptance]:
        """The orders of the add-on at this account, ended ones too."""
        return TermsAcceptance.objects.filter(self.at)

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


def account_of(membership: Membership) -> Account | None:
    """Return the account that a membership is of; None for one of the whole installation."""
    if membership.office is not None:
        return Account(membership.office.company, membership.office)
    return None if membership.company is None else Account(membership.company)


def find(user: User, kind: str, number: str) -> Account | None:
    """Return an account that a person may know of; None whether it is absent or another's."""
    if kind == AccountKind.OFFICE:
        office = offices_of(user).filter(company__number=number).first()
        return None if office is None else Account(office.company, office)
    company = companies_of(user).filter(number=number).first()
    return None if company is None else Account(company)


def search(user: User, text: str, *, most: int) -> tuple[list[Account], bool]:
    """Return the first accounts whose number begins with a text or whose name holds it, and whether there are more."""
    offices = offices_of(user).filter(Q(company__number__startswith=text) | Q(name__icontains=text))
    companies = companies_of(user).filter(Q(number__startswith=text) | Q(name__icontains=text))
    found = [Account(office.company, office) for office in offices.order_by("name", "pk")[: most + 1]]
    found += [Account(company) for company in companies.order_by("number")[: most + 1 - len(found)]]
    return found[:most], len(found) > most


def usual(user: User) -> Account | None:
    """Return the account that a person works in unless they say otherwise: their only one; None where several are."""
    members = user.memberships.filter(ended_at=None).select_related("company", "office__company")
    own = [account for account in map(account_of, members[:2]) if account is not None]
    if len(own) == 1:
        return own[0]
    found, has_more = search(user, "", most=1)
    return None if has_more or not found else found[0]


def held(user: User, account: Account) -> frozenset[str]:
    """Return the rights (``app.codename``) that a person has at an account now.

    At an office only those count that they have as its member or for the whole installation: whoever has a right in
    the office's own company alone has none for its clients. A client's account is administered by the client's own
    people: its office would else decide what the office's keys may be used for.
    """
    if account.office is None or user.is_superuser:
        found = frozenset(rights_of_request(user).permissions_for(account.company.pk, company_permissions()))
        if user.is_superuser or ADMINISTER_ACCOUNT not in found or _administers_itself(user, account.company):
            return found
        return found - {ADMINISTER_ACCOUNT}
    names = permissions_at(user, office=account.office).values_list("content_type__app_label", "codename")
    return frozenset(f"{app}.{codename}" for app, codename in names) & company_permissions()


def may(user: User, permission: str, account: Account) -> bool:
    """Tell whether a person has a right at an account."""
    return permission in held(user, account)


def offices_of(user: User) -> QuerySet[Office]:
    """The offices that a person is a member of; all for who has rights in the whole installation."""
    every = Office.objects.select_related("company")
    if rights_of_request(user).visible is None:
        return every
    return every.filter(pk__in=Membership.objects.filter(user=user, ended_at=None).values("office"))


def companies_of(user: User) -> QuerySet[Company]:
    """The companies of which a person may know anything."""
    companies = reach_of(user).companies
    return Company.objects.all() if companies is None else companies


def administrators(account: Account) -> list[User]:
    """Return some administrators of the account: whom to ask for what one may not do."""
    codenames = [right.partition(".")[2] for right in (ADMINISTER_ACCOUNT, ADMINISTER_USERS)]
    named = Q(permissions__codename__in=codenames) | Q(groups__permissions__codename__in=codenames)
    here = account.memberships.filter(named, ended_at=None, user__is_active=True)
    own = User.objects.filter(pk__in=here.values("user")).order_by("first_name", "username")[:MOST_ADMINISTRATORS]
    return list(own) or administrators_of(**account.place)[:MOST_ADMINISTRATORS]


def _administers_itself(user: User, company: Company) -> bool:
    """Whether somebody administers a company's account otherwise than as one of its accounting office."""
    names = names_at(user, company=company)
    return names is None or ADMINISTER_ACCOUNT in names
