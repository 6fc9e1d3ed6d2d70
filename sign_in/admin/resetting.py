"""The pages of who has forgotten their password: Django's, in our look, and with the link's secret in no table."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import PasswordResetForm, SetPasswordForm
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordResetConfirmView, PasswordResetView
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from access.http.address import client_address
from sign_in import resetting
from sign_in.admin.pages import context

COOKIE = "password_reset"
HIDDEN = "new-password"


class AddressForm(PasswordResetForm):
    """The address to send the letter to; sent by a worker, whoever it is."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fields["email"].label = gettext_lazy("E-mail address")
        self.fields["email"].widget = UnfoldAdminTextInputWidget(
            attrs={"type": "email", "autocomplete": "email", "autofocus": True}
        )


class NewPasswordForm(SetPasswordForm):  # type: ignore[type-arg] # only stubs know the argument
    """The new password, twice."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        for field in self.fields.values():
            field.widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})


class Ask(PasswordResetView):
    """Which address."""

    template_name = "sign_in/reset_ask.html"
    form_class = AddressForm
    success_url = reverse_lazy("password_reset_done")

    def dispatch(self, request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponseBase:
        """There is none where no letter would arrive."""
        if not resetting.can_send():
            raise Http404
        return super().dispatch(request, *arguments, **options)

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        """The frame's."""
        return {**super().get_context_data(**options), **context(self.request, _("Forgotten password"))}

    def form_valid(self, form: Any) -> HttpResponse:
        """Say the same whoever it is."""
        resetting.ask(email=form.cleaned_data["email"], address=client_address(self.request))
        return HttpResponseRedirect(str(self.success_url))


ask = never_cache(Ask.as_view())


@never_cache
@require_safe
def asked(request: HttpRequest) -> HttpResponseBase:
    """What happens next."""
    hours = settings.PASSWORD_RESET_TIMEOUT // resetting.HOUR
    return TemplateResponse(
        request, "sign_in/reset_asked.html", context(request, _("Look in your e-mail"), hours=hours)
    )


class Confirm(PasswordResetConfirmView):
    """The new password, for who has the letter.

    Django keeps the link's secret in the session, and so in the database; here it is in a cookie of these pages.
    """

    template_name = "sign_in/reset_confirm.html"
    form_class = NewPasswordForm
    reset_url_token = HIDDEN
    success_url = reverse_lazy("admin:login")

    def dispatch(self, request: HttpRequest, *arguments: Any, **options: Any) -> HttpResponseBase:
        """Take the secret out of the address at once, before anything on the page could tell it on."""
        token = str(options["token"])
        self.user = self.get_user(options["uidb64"])
        self.validlink = False
        if token != HIDDEN:
            answer = redirect("password_reset_confirm", options["uidb64"], HIDDEN)
            self._keep(answer, token)
            return answer
        kept = request.COOKIES.get(COOKIE, "")
        self.validlink = self.user is not None and default_token_generator.check_token(self.user, kept)
        if self.validlink:
            return super(PasswordResetConfirmView, self).dispatch(request, *arguments, **options)
        return self.render_to_response(self.get_context_data())

    def get_context_data(self, **options: Any) -> dict[str, Any]:
        """The frame's."""
        title = _("New password") if self.validlink else _("The link is no longer valid")
        more = super(PasswordResetConfirmView, self).get_context_data(**options) if self.validlink else {}
        return {**more, **context(self.request, title, validlink=self.validlink, can_reset=resetting.can_send())}

    def form_valid(self, form: Any) -> HttpResponse:
        """Set it; nobody is signed in by that, since there may be a second factor."""
        form.save()
        messages.success(self.request, _("You have a new password. Sign in with it."))
        answer = HttpResponseRedirect(str(self.success_url))
        answer.delete_cookie(COOKIE, path=_path(), samesite="Lax")
        return answer

    @staticmethod
    def _keep(answer: HttpResponse, token: str) -> None:
        answer.set_cookie(
            COOKIE,
            token,
            max_age=settings.PASSWORD_RESET_TIMEOUT,
            path=_path(),
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
        answer["Referrer-Policy"] = "no-referrer"


def _path() -> str:
    return reverse("admin_password_reset")


confirm = sensitive_post_parameters()(never_cache(Confirm.as_view()))
