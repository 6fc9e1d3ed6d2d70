"""An administrator, a subscription, a key, sample books and an accounting office for a new embedded installation.

Every step may be repeated: a crash between two of them is mended by the next start. The credentials are written last,
so that where they exist nothing is left to do.
"""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from django.contrib.auth.models import User
from django.core.management import call_command

from access.models import Application
from access.services import create_key
from config.embedded.home import Home
from config.embedded.secret_values import write_private
from config.sample_hours import make_sample_hours
from config.sample_office import make_sample_office
from information_types.registry import all_types
from ledger.models import Company
from revisions import fan_out
from subscriptions.models import Subscription
from subscriptions.services import Wish, create_subscription

SAMPLE = Path(__file__).parent / "sample" / "avendo-ovningsbolaget-typ4.se"
ADMIN = "admin"
INTEGRATION_ID = "DEMO"


@dataclass(frozen=True)
class Credentials:
    """The content of `credentials.json`."""

    url: str
    admin_user: str
    admin_password: str
    api_key: str
    integration_id: str


def prepare_first_run(home: Home) -> None:
    """Create what is missing and write the credentials, with today's address.

    New ones are published when the web server answers, so that who waits for the file finds the server.
    """
    url = f"http://127.0.0.1:{os.environ.get('PORT') or '8000'}"
    file = home.credentials if home.credentials.exists() else home.unpublished_credentials
    if not file.exists():
        _write(file, _create_all(url))
        return
    known = Credentials(**json.loads(file.read_text(encoding="utf-8")))
    if known.url != url:
        _write(file, replace(known, url=url))


def _create_all(url: str) -> Credentials:
    user, password = _administrator()
    application, _created = Application.objects.get_or_create(name="Demo", defaults={"vendor": "Utkorg"})
    # Before the books, so that their rows are the first that it fetches.
    if not Subscription.objects.filter(integration_id=INTEGRATION_ID).exists():
        wish = Wish(name="Demo", application=application, information_types=all_types())
        create_subscription(integration_id=INTEGRATION_ID, wish=wish)
    _key, text = create_key(owner=user, application=application, name="make run")
    call_command("import_sie", str(SAMPLE))
    # The sample books' company, as long as there is no other.
    if (company := Company.objects.first()) is not None:
        make_sample_hours(company=company, by=user.username)
    make_sample_office(administrator=user)
    # The worker would do it within a second; a newcomer's first question may come before.
    fan_out.drain()
    return Credentials(url, user.username, password, text, INTEGRATION_ID)


def _administrator() -> tuple[User, str]:
    """The administrator with a new password, which nobody has seen before."""
    password = secrets.token_urlsafe(12)
    user, _created = User.objects.get_or_create(username=ADMIN, defaults={"is_staff": True, "is_superuser": True})
    user.set_password(password)
    user.save()
    return user, password


def _write(file: Path, credentials: Credentials) -> None:
    """Replace the file whole, never readable by others."""
    draft = file.with_name(f"{file.name}.new")
    write_private(draft, json.dumps(asdict(credentials), indent=2) + "\n")
    draft.replace(file)
