"""Sessions that end by themselves, and people who must turn on their second factor first."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import resolve, reverse
from django.urls.exceptions import Resolver404
from django.utils import timezone
from django.utils.translation import gettext as _

from sign_in import openid, second_factor
from sign_in.admin.login import CONFIRMED, halfway
from sign_in.admin.pages import with_next
from sign_in.admin.sessions import note_this
from sign_in.models import SignInMethod
from sign_in.receivers import BEGAN, SEEN
from sign_in.sessions import SEEN_NOTED_EVERY, Limits

GetResponse = Callable[[HttpRequest], HttpResponseBase]
# What who must turn on their second factor may ask for before.
OPEN = {"two_factor_on", "sign_in_code", "login", "logout", "set_language", "jsi18n", "healthz"}
ADMIN = "/admin/"


class SessionLimitsMiddleware:
    """Ends what was left alone, or has lasted long enough. What a page asks for by itself is no sign of anybody."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not _has_session(request):
            return _for_parts(request, self._get_response(request))
        now = timezone.now()
        began = _moment(request, BEGAN, now)
        if Limits.of_settings().is_over(began=began, seen=_moment(request, SEEN, now), now=now):
            return self._end(request)
        self._note(request, now)
        return _for_parts(request, self._get_response(request))

    def _end(self, request: HttpRequest) -> HttpResponseBase:
        logout(request)
        messages.info(request, _("You were signed out, because some time has passed. Sign in again."))
        wanted = request.get_full_path() if request.method == "GET" else reverse("admin:index")
        return _for_parts(request, HttpResponseRedirect(with_next("admin:login", wanted)))

    @staticmethod
    def _note(request: HttpRequest, now: datetime) -> None:
        session = request.session
        is_new = BEGAN not in session
        if is_new:
            session[BEGAN] = now.timestamp()
        is_due = now - _moment(request, SEEN, now) >= SEEN_NOTED_EVERY and not _asked_by_page(request)
        if is_new or SEEN not in session or is_due:
            session[SEEN] = now.timestamp()
            note_this(request, cast(User, request.user))


class SecondFactorMiddleware:
    """Leads who must have a second factor to where it is turned on, and who has one to show it."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.UTKORG_TWO_FACTOR == "optional" or not request.path_info.startswith(ADMIN):
            return self._get_response(request)
        if not _has_session(request) or request.session.get(CONFIRMED) or _is_open(request):
            return self._get_response(request)
        user = cast(User, request.user)
        if not second_factor.is_required_of(user):
            return self._get_response(request)
        return _for_parts(request, self._lead(request, user))

    @staticmethod
    def _lead(request: HttpRequest, user: User) -> HttpResponseBase:
        wanted = request.get_full_path() if request.method == "GET" else reverse("admin:index")
        if not second_factor.is_on(user):
            return HttpResponseRedirect(with_next("two_factor_on", wanted))
        user.backend = request.session.get("_auth_user_backend", openid.BACKEND)
        halfway(request, user, SignInMethod.PASSWORD)
        return HttpResponseRedirect(with_next("sign_in_code", wanted))


def _has_session(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated


def _moment(request: HttpRequest, name: str, otherwise: datetime) -> datetime:
    kept = request.session.get(name)
    return otherwise if kept is None else datetime.fromtimestamp(kept, UTC)


def _asked_by_page(request: HttpRequest) -> bool:
    is_part = "HX-Request" in request.headers or request.headers.get("Sec-Fetch-Dest") == "empty"
    return is_part and request.method in {"GET", "HEAD"}


def _is_open(request: HttpRequest) -> bool:
    try:
        return resolve(request.path_info).url_name in OPEN
    except Resolver404:
        return False


def _for_parts(request: HttpRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """Let a page whose session is over go to the sign-in page whole, not show it inside itself."""
    if "HX-Request" not in request.headers or answer.status_code != 302:
        return answer
    target = answer.headers.get("Location", "")
    if target.partition("?")[0] not in {reverse("admin:login"), reverse("two_factor_on"), reverse("sign_in_code")}:
        return answer
    whole = HttpResponse(status=204)
    whole.cookies = answer.cookies
    whole["HX-Refresh"] = "true"
    return whole
