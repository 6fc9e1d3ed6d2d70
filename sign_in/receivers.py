"""What follows when somebody signs in, is locked out, or may no longer sign in."""

from typing import Any

from axes.signals import user_locked_out
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_save
from django.http import HttpRequest
from django.utils import timezone

from history.actors import Actor, current_actor
from history.models import Change
from history.services import note_event
from sign_in import sessions
from sign_in.models import SignInMethod

BEGAN, SEEN, METHOD = "signed_in_at", "seen_at", "sign_in_method"


def connect() -> None:
    """Begin to listen; again changes nothing."""
    user_logged_in.connect(open_session, dispatch_uid="sign_in")
    user_locked_out.connect(note_lockout, dispatch_uid="sign_in")
    post_save.connect(end_sessions, sender=User, dispatch_uid="sign_in")


def open_session(*, request: HttpRequest, user: User, **_told: Any) -> None:
    """A session begins: its times run from now, and it stands in its person's list."""
    now = timezone.now().timestamp()
    request.session[BEGAN] = request.session[SEEN] = now
    method = SignInMethod(request.session.setdefault(METHOD, SignInMethod.PASSWORD))
    request.session.save()
    sessions.note_opened(
        user=user,
        session_key=str(request.session.session_key),
        method=method,
        browser=request.META.get("HTTP_USER_AGENT", ""),
        address=current_actor().address,
    )


def note_lockout(
    *, username: str | None, ip_address: str | None, request: HttpRequest | None = None, **_told: Any
) -> None:
    """Once an hour for each name and address: who goes on trying fills no log."""
    known = User.objects.filter(username=username or "").first()
    is_api = request is not None and request.path_info.startswith("/api/")
    actor = Actor(via="api" if is_api else "admin", address=ip_address)
    note_event(kind=Change.Kind.LOCKED_OUT, subject=known or User, actor=actor, most_an_hour=1)


def end_sessions(*, instance: User, created: bool, **_told: Any) -> None:
    """Who may no longer sign in isn't signed in either, also not if they may again tomorrow."""
    if not created and not instance.is_active:
        sessions.end_all(user=instance)
