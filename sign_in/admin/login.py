"""Signing in: name and password, then a code where there is a second factor."""

import dataclasses
import time
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.conf import settings
from django.contrib.auth import load_backend, login
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.contrib.auth.views import LoginView
from django.core.validators import MaxLengthValidator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, resolve_url
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from unfold.forms import AuthenticationForm

from access.http.actors import actor_of
from history.actors import Actor, acting
from sign_in import openid, second_factor
from sign_in.admin.pages import NEXT, CodeForm, context, next_page, seconds_until, with_next
from sign_in.exceptions import CodeRefused, CodeTooSoon
from sign_in.models import SignInMethod
from sign_in.receivers import METHOD
from sign_in.resetting import can_send

HALFWAY = "halfway_in"
HALFWAY_LASTS = 600
CONFIRMED = "second_factor"  # in the session of who has shown one


class PasswordForm(AuthenticationForm):
    """Unfold's, for who may open the admin; a name longer than any isn't looked for."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": gettext_lazy("User name or password is wrong. Small and capital letters differ."),
    }

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["username"].validators.append(MaxLengthValidator(self.username_field.max_length))


class SignIn(LoginView):
    """The first step, at the address of Django's own."""

    template_name = "sign_in/sign_in.html"
    authentication_form = PasswordForm
    redirect_field_name = NEXT

    def dispatch(self, request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponseBase:
        """Who is signed in needn't."""
        user = request.user
        if request.method == "GET" and user.is_authenticated and user.is_active and user.is_staff:
            return redirect(next_page(request))
        return super().dispatch(request, *arguments, **options)

    def get_default_redirect_url(self) -> str:
        """The overview."""
        return resolve_url("admin:index")

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        """What the page offers beside a password."""
        request = self.request
        offers = {
            "openid_name": openid.name(),
            "openid_url": with_next("openid", next_page(request)),
            "can_reset": can_send(),
            "who": request.user.get_username(),
            "app_path": request.get_full_path(),
        }
        return {**super().get_context_data(**options), **context(request, _("Log in"), **offers)}

    def form_valid(self, form: Any) -> HttpResponse:
        """Sign in, or ask for the code."""
        return go_on(self.request, form.get_user(), SignInMethod.PASSWORD, self.get_success_url())


sign_in = never_cache(SignIn.as_view())


@dataclasses.dataclass(frozen=True)
class Halfway:
    """Who has shown a password, and how; kept in the session, in which nobody is signed in."""

    user: User
    backend: str
    method: SignInMethod


def go_on(request: HttpRequest, user: User, method: SignInMethod, next_url: str) -> HttpResponse:
    """Sign in who has no second factor; ask the others for it."""
    trusted = method == SignInMethod.OPENID and settings.OIDC_COUNTS_AS_TWO_FACTOR
    if trusted or not second_factor.is_on(user):
        finish(request, user, method, confirmed=trusted)
        return redirect(next_url)
    halfway(request, user, method)
    return redirect(with_next("sign_in_code", next_url))


def halfway(request: HttpRequest, user: User, method: SignInMethod) -> None:
    """Remember who is to show a code; nobody else's session goes on with it."""
    if request.user.is_authenticated:
        request.session.flush()
    request.session[HALFWAY] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "backend": getattr(user, "backend", openid.BACKEND),
        "method": method,
        "at": time.time(),
    }
    request.session.cycle_key()


def finish(request: HttpRequest, user: User, method: SignInMethod, *, confirmed: bool) -> None:
    """Open the session."""
    request.session.pop(HALFWAY, None)
    if request.user.is_authenticated and request.user != user:
        request.session.flush()
    request.session[METHOD] = method
    with acting(_as(user, request)):
        login(request, user, backend=getattr(user, "backend", openid.BACKEND))
    if confirmed:
        request.session[CONFIRMED] = True


@sensitive_post_parameters()
@csrf_protect
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponseBase:
    """The second step."""
    known = _halfway(request)
    if known is None:
        return redirect(with_next("admin:login", next_page(request)))
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        credentials = {"username": known.user.get_username()}
        if not AxesProxyHandler.is_allowed(request, credentials):
            return _locked(request, credentials)
        if method := _shown(request, known, form):
            known.user.backend = known.backend
            finish(request, known.user, method, confirmed=True)
            return redirect(next_page(request))
    page = context(request, gettext_lazy("Two-factor sign-in"), form=form, who=known.user.get_username())
    return TemplateResponse(request, "sign_in/code.html", page)


def _shown(request: HttpRequest, known: Halfway, form: CodeForm) -> SignInMethod | None:
    try:
        return second_factor.check(user=known.user, text=form.cleaned_data["code"], actor=_as(known.user, request))
    except CodeTooSoon as wait:
        seconds = seconds_until(wait.at, timezone.now())
        form.add_error("code", _("Too many codes were wrong. Wait %(seconds)s s and try again.") % {"seconds": seconds})
    except CodeRefused:
        # Counts like a wrong password, and so locks out.
        credentials = {"username": known.user.get_username()}
        user_login_failed.send(sender=__name__, credentials=credentials, request=request)
        form.add_error("code", _("The code is wrong or was used before."))
    return None


def _halfway(request: HttpRequest) -> Halfway | None:
    kept = request.session.get(HALFWAY)
    if not kept or time.time() - kept["at"] > HALFWAY_LASTS or kept["backend"] not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = load_backend(kept["backend"]).get_user(kept["user"])
    if user is None or not constant_time_compare(kept["hash"], user.get_session_auth_hash()):
        return None
    return Halfway(user, kept["backend"], SignInMethod(kept["method"]))


def _locked(request: HttpRequest, credentials: dict[str, str]) -> HttpResponse:
    # The library's middleware answers in place of this.
    request.axes_locked_out = True  # type: ignore[attr-defined]
    request.axes_credentials = credentials  # type: ignore[attr-defined]
    return HttpResponse(status=429)


def _as(user: User, request: HttpRequest) -> Actor:
    return dataclasses.replace(actor_of(request), user_id=user.pk, user_name=user.get_username())
