"""Take the second factor from somebody who has lost it: for when nobody is left who could do it in the admin."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from history.actors import Actor, acting
from sign_in import second_factor


class Command(BaseCommand):
    help = "Turns off a user's two-factor sign-in, and ends their sessions."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *_arguments: Any, username: str, **_options: Any) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user {username!r}.")
        with acting(Actor(via="reset_second_factor")):
            was_on = second_factor.turn_off(user=user)
        self.stdout.write(
            f"{username} signs in with the password alone now." if was_on else f"{username} had no second factor."
        )
