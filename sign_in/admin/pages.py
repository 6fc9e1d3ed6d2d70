"""What the pages of signing in share."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

NEXT = "next"


def next_page(request: HttpRequest) -> str:
    """Where somebody was on the way to; the overview unless it is a page of ours."""
    wanted = request.POST.get(NEXT) or request.GET.get(NEXT) or ""
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else reverse("admin:index")


def with_next(page: str, next_url: str) -> str:
    """The address of a page that leads on to another."""
    return f"{reverse(page)}?{urlencode({NEXT: next_url})}"


def context(request: HttpRequest, title: Any, **more: Any) -> dict[str, Any]:
    """What every page's frame needs."""
    return {**admin.site.each_context(request), "title": title, NEXT: next_page(request), **more}


def seconds_until(moment: datetime, now: datetime) -> int:
    """How long to wait, at least a second."""
    return max(1, round((moment - now).total_seconds() + 0.5))


class CodeForm(forms.Form):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=UnfoldAdminTextInputWidget(
            attrs={"autocomplete": "one-time-code", "autofocus": True, "spellcheck": "false", "autocapitalize": "none"}
        ),
    )


class PasswordForm(forms.Form):
    """A person's own password, asked for again; or a code of who has none."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        max_length=4096,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "current-password", "autofocus": True}),
    )
