"""`manage.py create_key`: make an API key and print it."""

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from access.exceptions import AccessError
from access.models import Application, KeyKind, KeyRights
from access.services import create_key, default_expiry
from history.actors import Actor, acting


class Command(BaseCommand):
    """Make an API key; its text goes alone to standard output, errors to standard error."""

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
        try:
            _key, text = create_key(
                owner=_active_user(options["user"]),
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
