"""Forgotten passwords: a letter with a way to a new one, to whoever has the address; nobody learns who that is."""

import logging
from email.utils import formataddr

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.decorators.debug import sensitive_variables
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from access.language import chosen_language

logger = logging.getLogger(__name__)

SEND = "sign_in.tasks.send_reset_letters"
# What goes to a terminal or into a file reaches nobody, and its links would stand in logs.
MUTE = {f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "filebased")}
MOST_LETTERS = 3  # an hour to one address, and to ask for from one
MOST_ASKED = 20
HOUR = 3600
MOST_PEOPLE = 5  # with one address


def can_send() -> bool:
    """Whether letters reach anybody, and their links lead somewhere."""
    return settings.EMAIL_BACKEND not in MUTE and bool(settings.UTKORG_URL)


def ask(*, email: str, address: str | None) -> None:
    """Have letters sent to whoever has an e-mail address; takes as long for one that nobody has."""
    wanted = email.strip()
    found = User.objects.filter(email__iexact=wanted, is_active=True, is_staff=True).order_by("pk")[:MOST_PEOPLE]
    people = [user.pk for user in found if user.has_usable_password()]
    if not (_may("asked", address or "", MOST_ASKED) and _may("letters", wanted.lower(), MOST_LETTERS)):
        people = []
    try:
        # Only numbers and a language go by the broker; an empty task hides that there was nobody.
        current_app.send_task(SEND, args=[people, translation.get_language()], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("The broker does not answer; no letter is sent: %s", error)


@sensitive_variables()
def send(user: User, *, language: str) -> None:
    """Send one person their letter, in their language; in the page's, where they have chosen none."""
    page = reverse(
        "password_reset_confirm",
        args=[urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)],
    )
    hours = settings.PASSWORD_RESET_TIMEOUT // HOUR
    content = {"user": user, "url": settings.UTKORG_URL.rstrip("/") + page, "site": settings.UTKORG_URL, "hours": hours}
    with translation.override(chosen_language(user) or language):
        subject = render_to_string("sign_in/reset_subject.txt", content).strip()
        text = render_to_string("sign_in/reset_letter.txt", content)
    EmailMessage(subject, text, to=[formataddr((user.get_full_name(), user.email))]).send()


def _may(what: str, of: str, most: int) -> bool:
    key = f"sign-in:{what}:{of}"
    try:
        cache.add(key, 0, HOUR)
        return cache.incr(key) <= most
    except (RedisError, ValueError):
        return True
