"""Where somebody is signed in, and signing out there."""

import re
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from access import tokens
from access.http.address import client_address
from sign_in import sessions
from sign_in.admin.pages import context
from sign_in.models import OpenSession, SignInMethod
from sign_in.receivers import METHOD

# The first that is found; what claims to be others' stands first.
BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
SYSTEMS = (
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
PROGRAM = re.compile(r"[\w.-]{1,40}")


def browser_name(told: str) -> str:
    """What people call a browser and the system that it runs on."""
    program = next((name for mark, name in BROWSERS if mark in told), "")
    system = next((name for mark, name in SYSTEMS if mark in told), "")
    if program:
        return _("%(browser)s on %(system)s") % {"browser": program, "system": system} if system else program
    known = PROGRAM.match(told)
    return known.group() if known else _("unknown")


@require_safe
def list_sessions(request: HttpRequest) -> HttpResponseBase:
    """All of one's own."""
    user = cast(User, request.user)
    note_this(request, user)
    shown = [
        {
            "session": each,
            "number": str(each.pk),
            "browser": browser_name(each.browser),
            "is_this": is_this(request, each),
        }
        for each in sessions.open_sessions(user)
    ]
    limits = sessions.Limits.of_settings()
    page = context(
        request,
        _("Where you are signed in"),
        shown=sorted(shown, key=lambda one: not one["is_this"]),
        others=sum(not one["is_this"] for one in shown),
        idle_minutes=round(limits.idle.total_seconds() / 60),
        hours=round(limits.whole.total_seconds() / 3600),
    )
    return TemplateResponse(request, "sign_in/sessions.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: HttpRequest) -> HttpResponseBase:
    """Ask, then end one (`?session=`) or all but this."""
    user = cast(User, request.user)
    number = request.GET.get("session", "")
    chosen = [each for each in sessions.open_sessions(user) if not is_this(request, each)]
    if number:
        chosen = [each for each in chosen if str(each.pk) == number]
        if not chosen:
            raise Http404
    if request.method == "POST":
        count = sum(sessions.end_one(user=user, number=each.pk) for each in chosen)
        if not number:
            tokens.revoke_all(user=user)
        told = ngettext("You are signed out in %(count)s place.", "You are signed out in %(count)s places.", count)
        messages.success(request, told % {"count": count})
        return redirect("sessions")
    page = context(
        request,
        _("Sign out there?") if number else _("Sign out everywhere else?"),
        shown=[{"session": each, "browser": browser_name(each.browser)} for each in chosen],
    )
    return TemplateResponse(request, "sign_in/sessions_end.html", page)


def is_this(request: HttpRequest, session: OpenSession) -> bool:
    """Whether it is the session that asks."""
    return session.session_id == request.session.session_key


def note_this(request: HttpRequest, user: User) -> None:
    """Let the session that asks stand in the list, also after its key has changed."""
    key, address = str(request.session.session_key), client_address(request)
    if not sessions.note_seen(session_key=key, address=address):
        sessions.note_opened(
            user=user,
            session_key=key,
            method=SignInMethod(request.session.get(METHOD, SignInMethod.PASSWORD)),
            browser=request.META.get("HTTP_USER_AGENT", ""),
            address=address,
        )
