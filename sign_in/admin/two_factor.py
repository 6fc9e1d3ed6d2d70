"""A person's second factor: turning it on and off, recovery codes; and taking it from somebody who has lost theirs."""

from typing import Any, cast
from urllib.parse import quote

import segno
from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from access.http.actors import actor_of
from access.http.admin.question import Question, ask
from sign_in import second_factor
from sign_in.admin.login import CONFIRMED
from sign_in.admin.pages import CodeForm, PasswordForm, context, next_page, seconds_until
from sign_in.admin.sessions import note_this
from sign_in.exceptions import CodeRefused, CodeTooSoon

GET_OR_POST = ["GET", "HEAD", "POST"]


@require_safe
def status(request: HttpRequest) -> HttpResponseBase:
    """Whether one's own is on, and what can be done."""
    user = cast(User, request.user)
    found = second_factor.authenticator_of(user)
    page = context(
        request,
        _("Two-factor sign-in"),
        authenticator=found,
        codes_left=second_factor.codes_left(user) if found else 0,
        is_required=second_factor.is_required_of(user),
    )
    return TemplateResponse(request, "sign_in/two_factor.html", page)


@sensitive_post_parameters()
@sensitive_variables()
@never_cache
@require_http_methods(GET_OR_POST)
def turn_on(request: HttpRequest) -> HttpResponseBase:
    """Read the picture with the app, and type the first code."""
    user = cast(User, request.user)
    if second_factor.is_on(user):
        return redirect("two_factor")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (codes := _turned_on(request, user, form)):
        request.session.cycle_key()
        request.session[CONFIRMED] = True
        note_this(request, user)
        return _codes(request, user, codes, title=_("Two-factor sign-in is on"))
    waiting = second_factor.waiting_authenticator(user=user)
    page = context(
        request,
        _("Turn on two-factor sign-in"),
        form=form,
        picture=_picture(second_factor.setup_address(waiting)),
        setup_key=_spaced(second_factor.setup_key(waiting)),
        is_required=second_factor.is_required_of(user),
    )
    return TemplateResponse(request, "sign_in/turn_on.html", page)


def _turned_on(request: HttpRequest, user: User, form: CodeForm) -> list[str] | None:
    try:
        return second_factor.turn_on(
            user=user, code=form.cleaned_data["code"], kept_session=request.session.session_key
        )
    except (CodeRefused, CodeTooSoon) as error:
        form.add_error("code", _why(error))
    return None


def _why(error: CodeRefused | CodeTooSoon) -> str:
    if isinstance(error, CodeTooSoon):
        seconds = seconds_until(error.at, timezone.now())
        return _("Too many codes were wrong. Wait %(seconds)s s and try again.") % {"seconds": seconds}
    return _("The code is wrong. Is the clock of the phone right?")


@sensitive_post_parameters()
@never_cache
@require_http_methods(GET_OR_POST)
def turn_off(request: HttpRequest) -> HttpResponseBase:
    """Ask for the password again."""
    user = cast(User, request.user)
    if not second_factor.is_on(user):
        return redirect("two_factor")
    if second_factor.is_required_of(user):
        messages.error(request, _("Everybody here signs in with two factors; ask an administrator to reset yours."))
        return redirect("two_factor")
    form = _again(request, user)
    if request.method == "POST" and _is_themself(request, user, form):
        second_factor.turn_off(user=user, kept_session=request.session.session_key)
        request.session.pop(CONFIRMED, None)
        messages.success(request, _("Two-factor sign-in is off, and you are signed out everywhere else."))
        return redirect("two_factor")
    page = context(
        request,
        _("Turn off two-factor sign-in"),
        form=form,
        lead=_("After that your password alone signs you in. The recovery codes are worth nothing any more."),
        button=_("Turn off"),
        is_loss=True,
    )
    return TemplateResponse(request, "sign_in/again.html", page)


@sensitive_post_parameters()
@sensitive_variables()
@never_cache
@require_http_methods(GET_OR_POST)
def recovery_codes(request: HttpRequest) -> HttpResponseBase:
    """Make new ones, for who gives the password again."""
    user = cast(User, request.user)
    if not second_factor.is_on(user):
        return redirect("two_factor")
    form = _again(request, user)
    if request.method == "POST" and _is_themself(request, user, form):
        return _codes(request, user, second_factor.new_codes(user=user), title=_("New recovery codes"))
    page = context(
        request,
        _("New recovery codes"),
        form=form,
        lead=_("You get ten new codes, shown once. The codes that you have now are worth nothing any more."),
        button=_("Make new codes"),
        is_loss=False,
    )
    return TemplateResponse(request, "sign_in/again.html", page)


def _again(request: HttpRequest, user: User) -> forms.Form:
    form = PasswordForm if user.has_usable_password() else CodeForm
    return form(request.POST or None)


@sensitive_variables()
def _is_themself(request: HttpRequest, user: User, form: forms.Form) -> bool:
    if not form.is_valid():
        return False
    if isinstance(form, CodeForm):
        try:
            second_factor.check(user=user, text=form.cleaned_data["code"], actor=actor_of(request))
        except (CodeRefused, CodeTooSoon) as error:
            form.add_error("code", _why(error))
            return False
        return True
    credentials = {"username": user.get_username()}
    if AxesProxyHandler.is_allowed(request, credentials) and user.check_password(form.cleaned_data["password"]):
        return True
    # Counts as when signing in: a browser that was left open is nowhere to guess.
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)
    form.add_error("password", _("This isn't your password."))
    return False


@sensitive_variables()
def _codes(request: HttpRequest, user: User, codes: list[str], *, title: str) -> HttpResponse:
    """Answer the POST itself with the codes, so that no address leads to them again."""
    text = second_factor.as_file(codes, user=user)
    page = context(request, title, codes=codes, file=f"data:text/plain;charset=utf-8,{quote(text)}")
    page["go_on"] = reverse("two_factor") if next_page(request) == reverse("admin:index") else next_page(request)
    return TemplateResponse(request, "sign_in/recovery_codes.html", page)


def _picture(address: str) -> SafeString:
    drawn = segno.make(address, error="m", micro=False)
    # Ours: drawn from letters and digits, and without styles, which the page's policy would refuse.
    return mark_safe(drawn.svg_inline(scale=5, border=3, dark="#000", light="#fff", omitsize=False))  # noqa: S308


def _spaced(key: str) -> str:
    return " ".join(key[start : start + 4] for start in range(0, len(key), 4))


@require_http_methods(GET_OR_POST)
def reset(request: HttpRequest, user_id: int) -> HttpResponseBase:
    """Take the second factor from somebody who has lost theirs."""
    user = _changeable(request, user_id)
    back = reverse("admin:auth_user_change", args=[user.pk])
    is_on = second_factor.is_on(user)
    if request.method == "POST" and is_on:
        second_factor.turn_off(user=user)
        messages.success(
            request, _("%(person)s signs in with the password alone, and is signed out everywhere.") % {"person": user}
        )
        return redirect(back)
    lead = [
        _("Do it only for somebody whom you have recognised: by voice, in person, not by an e-mail alone."),
        _("They sign in with their password alone until they turn it on anew, and are signed out everywhere."),
        _("That you did it stands in the audit log."),
    ]
    question = Question(
        title=_("Reset the two-factor sign-in of %(person)s?") % {"person": user},
        back_url=back,
        button=_("Reset") if is_on else "",
        lead=lead if is_on else [_("%(person)s has no two-factor sign-in.") % {"person": user}],
        is_loss=is_on,
    )
    return ask(request, question, User)


def _changeable(request: HttpRequest, user_id: int) -> User:
    """The user, if whoever asks may change them."""
    people: Any = admin.site._registry[User]
    user: User | None = people.get_queryset(request).filter(pk=user_id).first()
    if user is None:
        raise Http404
    is_above = user.is_superuser and not cast(User, request.user).is_superuser
    if is_above or not people.has_change_permission(request, user):
        raise PermissionDenied
    return user
