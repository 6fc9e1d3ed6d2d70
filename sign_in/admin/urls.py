"""The addresses of signing in; they stand before the admin's own."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.urls import path

from sign_in.admin import login, openid, resetting, sessions, two_factor


def _own(view: Callable[..., Any]) -> Callable[..., Any]:
    """A page for who is signed in."""
    return admin.site.admin_view(view)


urlpatterns = [
    # `admin:login` names the same address.
    path("login/", login.sign_in, name="login"),
    path("sign-in/code/", login.code, name="sign_in_code"),
    path("sign-in/openid/", openid.begin, name="openid"),
    path("sign-in/openid/callback/", openid.callback, name="openid_callback"),
    path("password-reset/", resetting.ask, name="admin_password_reset"),
    path("password-reset/asked/", resetting.asked, name="password_reset_done"),
    path("password-reset/<uidb64>/<token>/", resetting.confirm, name="password_reset_confirm"),
    path("my-settings/two-factor/", _own(two_factor.status), name="two_factor"),
    path("my-settings/two-factor/turn-on/", _own(two_factor.turn_on), name="two_factor_on"),
    path("my-settings/two-factor/turn-off/", _own(two_factor.turn_off), name="two_factor_off"),
    path("my-settings/two-factor/recovery-codes/", _own(two_factor.recovery_codes), name="recovery_codes"),
    path("my-settings/sessions/", _own(sessions.list_sessions), name="sessions"),
    path("my-settings/sessions/end/", _own(sessions.end), name="sessions_end"),
    path("auth/user/<int:user_id>/two-factor/", _own(two_factor.reset), name="user_two_factor"),
]
