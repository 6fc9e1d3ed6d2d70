"""The letter with which a new person chooses a password of their own."""

import logging

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.decorators.debug import sensitive_variables
from kombu.exceptions import OperationalError

from access.language import language_of
from access.models import Membership

logger = logging.getLogger(__name__)

SEND = "access.tasks.send_invitation"
# What goes to a terminal or into a file reaches nobody, and its links would stand in logs.
MUTE = {f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "filebased")}


def can_invite() -> bool:
    """Tell whether letters reach anybody, and their links lead somewhere."""
    return settings.EMAIL_BACKEND not in MUTE and bool(settings.UTKORG_URL)


def is_awaited(user: User) -> bool:
    """Tell whether somebody has yet to choose a password."""
    return not user.has_usable_password() and user.last_login is None and bool(user.email) and user.is_active


def invite(*, membership: Membership) -> None:
    """Have the letter sent once what is being written is."""
    if can_invite() and is_awaited(membership.user):
        transaction.on_commit(lambda: _ask(membership.pk))


@sensitive_variables()
def send(*, membership: Membership) -> None:
    """Send the letter, in its reader's language, unless they have a password by now."""
    user = membership.user
    if not is_awaited(user):
        return
    page = reverse(
        "password_reset_confirm",
        args=[urlsafe_base64_encode(force_bytes(user.pk)), default_token_generator.make_token(user)],
    )
    place = membership.office or membership.company
    content = {
        "user": user,
        "place": place.name if place is not None else "Utkorg",
        "url": settings.UTKORG_URL.rstrip("/") + page,
        "hours": settings.PASSWORD_RESET_TIMEOUT // 3600,
    }
    with translation.override(language_of(user)):
        subject = render_to_string("access/invitation/subject.txt", content).strip()
        text = render_to_string("access/invitation/letter.txt", content)
    EmailMessage(subject, text, to=[user.email]).send()


def _ask(membership: int) -> None:
    try:
        # Only a number goes by the broker; the link is made by whoever sends it.
        current_app.send_task(SEND, args=[membership], retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("The broker does not answer; no letter is sent: %s", error)
