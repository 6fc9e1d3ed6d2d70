"""`manage.py create_key`: make an API key and print it."""

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q, QuerySet

from access.exceptions import AccessError
from access.models import Application, KeyKind, KeyRights, Membership, Office
from access.services import create_key, default_expiry
from history.actors import Actor, acting
from ledger.models import Company

Place = TypeVar("Place", Office, Company)


class Command(BaseCommand):
    """Make an API key where its owner is employee or contact, a superuser's for the whole installation.

    Its text goes alone to standard output, errors to standard error.
    """

    help = "Make an API key and print it, alone, on standard output. It can't be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--user", required=True, metavar="NAME", help="the key's owner")
        parser.add_argument(
            "--application",
            required=True,
            metavar="NAME",
            help="the application that will use it; registered if it is not known yet",
        )
        parser.add_argument("--name", required=True, metavar="TEXT", help="what the overview calls the key")
        parser.add_argument("--office", action="store_true", help="an accounting office's key, for its clients")
        parser.add_argument(
            "--company",
            metavar="NUMBER",
            help="the company, or the office by its own company's number, that the key is for; needed where a user is "
            "a member of several",
        )
        parser.add_argument(
            "--rights",
            choices=KeyRights.values,
            default=KeyRights.ALL.value,
            help="all: follows the owner (default); own: a copy of the owner's; none: none yet",
        )

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        """Make the key."""
        with acting(Actor(via="create_key")):
            self._make(options)

    def _make(self, options: dict[str, Any]) -> None:
        kind = KeyKind.OFFICE if options["office"] else KeyKind.END_USER
        owner = _active_user(options["user"])
        try:
            _key, text = create_key(
                owner=owner,
                office=_office(owner, number=options["company"]) if options["office"] else None,
                company=None if options["office"] else _company(owner, number=options["company"]),
                application=_application(options["application"], kind=kind),
                name=_filled("--name", options["name"], longest=100),
                kind=kind,
                rights=KeyRights(options["rights"]),
                expires_at=default_expiry(),
            )
        except AccessError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(text)


def _active_user(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}. Make one with `manage.py createsuperuser`.")
    if not user.is_active:
        raise CommandError(f"The user {name!r} is inactive, so a key of theirs would open nothing.")
    return user


def _office(user: User, *, number: str | None) -> Office:
    """Return the office that an office's key is of: the user's, or any that there is for a superuser."""
    offices = Office.objects.select_related("company").order_by("company__number")
    if not user.is_superuser:
        offices = offices.filter(memberships__in=_memberships(user)).distinct()
    if number is not None:
        offices = offices.filter(company__number=number)
    found = list(offices)
    if not found:
        where = "" if number is None else f" whose own company is {number}"
        whose = "There is no accounting office" if user.is_superuser else f"{user} is a member of no accounting office"
        raise CommandError(f"{whose}{where}.")
    return _only(found, {office.company.number: office.name for office in found})


def _company(user: User, *, number: str | None) -> Company | None:
    """Return the company that an end user's key is for; None where its owner is one of the whole installation."""
    memberships = _memberships(user)
    is_everywhere = user.is_superuser or memberships.filter(office=None, company=None).exists()
    if number is None and is_everywhere:
        return None
    companies = Company.objects.order_by("number")
    if number is not None:
        companies = companies.filter(number=number)
    if not is_everywhere:
        companies = companies.filter(Q(memberships__in=memberships) | Q(office__memberships__in=memberships)).distinct()
    found = list(companies)
    if not found and number is not None:
        raise CommandError(f"There is no company {number} of which {user} is an employee or contact.")
    if not found:
        raise CommandError(f"{user} is an employee or contact nowhere, so a key of theirs would open nothing.")
    return _only(found, {company.number: company.name for company in found})


def _memberships(user: User) -> QuerySet[Membership]:
    return Membership.objects.filter(user=user, ended_at=None)


def _only(found: list[Place], names: Mapping[str, str]) -> Place:
    if len(found) > 1:
        listed = ", ".join(f"{number} ({name})" for number, name in names.items())
        raise CommandError(f"The key could be for several; name one by --company: {listed}.")
    return found[0]


def _application(name: str, *, kind: KeyKind) -> Application:
    """Return the application; for one typed in here, who asks for an office key vouches for it."""
    application, _created = Application.objects.get_or_create(
        name=_filled("--application", name, longest=100),
        defaults={"supports_office_keys": kind == KeyKind.OFFICE},
    )
    return application


def _filled(option: str, value: str, *, longest: int) -> str:
    value = value.strip()
    if not 0 < len(value) <= longest:
        raise CommandError(f"{option} must have 1 to {longest} characters.")
    return value
