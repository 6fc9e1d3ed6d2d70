"""`manage.py first_run`: what `make run` gives a newcomer. Run again it changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand

from config.embedded.home import utkorg_home
from config.first_run import prepare_first_run
from history.actors import Actor, acting


class Command(BaseCommand):
    help = "Creates the administrator, the key, the subscription and the sample books of an embedded installation."

    def handle(self, *_arguments: Any, **_options: Any) -> None:
        with acting(Actor(via="first_run")):
            prepare_first_run(utkorg_home())
