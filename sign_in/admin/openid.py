"""Signing in by an identity provider."""

import logging
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from access.http.actors import actor_of
from history.actors import acting
from sign_in import identities, openid
from sign_in.admin.login import go_on
from sign_in.admin.pages import NEXT, next_page, with_next
from sign_in.exceptions import ProviderFailed, UnknownPerson
from sign_in.models import SignInMethod

logger = logging.getLogger(__name__)

NEXT_KEPT = "openid_next"


@never_cache
@require_safe
def begin(request: HttpRequest) -> HttpResponseBase:
    """Send somebody to the provider."""
    _only_where_there_is_one()
    request.session[NEXT_KEPT] = next_page(request)
    try:
        return openid.begin(request, back_to=request.build_absolute_uri(reverse("openid_callback")))
    except ProviderFailed as error:
        return _failed(request, error)


@never_cache
@require_safe
def callback(request: HttpRequest) -> HttpResponseBase:
    """Whoever comes back is signed in, or told why not."""
    _only_where_there_is_one()
    next_url = request.session.pop(NEXT_KEPT, reverse("admin:index"))
    try:
        claims = openid.finish(request)
    except ProviderFailed as error:
        return _failed(request, error)
    try:
        with acting(actor_of(request)):
            user = identities.person(claims)
    except UnknownPerson:
        return _refused(
            request,
            _("No user here has the e-mail address that %(provider)s has verified. Ask whoever administers users."),
        )
    if not user.is_staff:
        return _refused(request, _("Your user may not open this site. Ask whoever administers users."))
    return go_on(request, user, SignInMethod.OPENID, next_url)


def _only_where_there_is_one() -> None:
    if not openid.name():
        raise Http404


def _failed(request: HttpRequest, error: ProviderFailed) -> HttpResponseBase:
    logger.warning("Signing in by the identity provider failed: %s", error)
    return _refused(request, _("Signing in with %(provider)s did not work. Try again, or use your password."))


def _refused(request: HttpRequest, why: Any) -> HttpResponseBase:
    messages.error(request, why % {"provider": openid.name()} if "%(" in why else why)
    return redirect(with_next("admin:login", request.GET.get(NEXT) or reverse("admin:index")))
