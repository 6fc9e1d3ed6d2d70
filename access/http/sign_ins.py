"""Who signs in and out, and who tries to, into the audit log."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.http import HttpRequest

from access.http.actors import API
from access.http.address import client_address
from history.actors import Actor
from history.models import Change
from history.services import note_event

MOST_FAILURES = 60  # an hour, of one user from one address: guessing fills no log


def connect() -> None:
    """Begin to listen; again changes nothing."""
    user_logged_in.connect(note_sign_in, dispatch_uid="history")
    user_logged_out.connect(note_sign_out, dispatch_uid="history")
    user_login_failed.connect(note_failure, dispatch_uid="history")


def note_sign_in(*, request: HttpRequest | None, user: User, **_told: Any) -> None:
    """Somebody is who they say they are."""
    note_event(kind=Change.Kind.SIGNED_IN, subject=user, actor=_as(user, request))


def note_sign_out(*, request: HttpRequest | None, user: User | None, **_told: Any) -> None:
    """Somebody has signed out; who wasn't signed in hasn't."""
    if user is not None:
        note_event(kind=Change.Kind.SIGNED_OUT, subject=user, actor=_as(user, request))


def note_failure(*, credentials: Mapping[str, Any], request: HttpRequest | None = None, **_told: Any) -> None:
    """Somebody isn't. A name that nobody has isn't kept: it may be the password, typed in the wrong place."""
    tried = str(credentials.get(User.USERNAME_FIELD, ""))
    known = User.objects.filter(username=tried).first() if tried and "\0" not in tried else None
    actor = Actor(via=_way(request), address=_address(request))
    note_event(kind=Change.Kind.SIGN_IN_FAILED, subject=known or User, actor=actor, most_an_hour=MOST_FAILURES)


def _as(user: User, request: HttpRequest | None) -> Actor:
    return Actor(user_id=user.pk, user_name=user.get_username(), via=_way(request), address=_address(request))


def _way(request: HttpRequest | None) -> str:
    return "api" if request is not None and request.path_info.startswith(API) else "admin"


def _address(request: HttpRequest | None) -> str | None:
    return None if request is None else client_address(request)
