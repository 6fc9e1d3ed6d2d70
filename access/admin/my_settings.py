"""A person's own settings: the language, chosen here or by the switch in the menu."""

from typing import cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from django.views.i18n import set_language
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from access.language import choose_language, chosen_language, languages


def language_field(*, radio: bool = False) -> forms.ChoiceField:
    """The choice of a language, or of none."""
    return forms.ChoiceField(
        label=_("Language"),
        choices=lambda: [("", _("As the browser says")), *languages()],
        required=False,
        widget=UnfoldAdminRadioSelectWidget if radio else UnfoldAdminSelectWidget,
    )


class MySettingsForm(forms.Form):
    """What a person chooses for themself."""

    language = language_field(radio=True)


@require_http_methods(["GET", "HEAD", "POST"])
def my_settings(request: HttpRequest) -> HttpResponseBase:
    """The page of whoever is signed in."""
    user = cast(User, request.user)
    form = MySettingsForm(request.POST or None, initial={"language": chosen_language(user)})
    if form.is_valid():
        return _keep(request, user, form.cleaned_data["language"])
    context = {**admin.site.each_context(request), "title": _("My settings"), "form": form}
    return TemplateResponse(request, "admin/access/my_settings.html", context)


def _keep(request: HttpRequest, user: User, language: str) -> HttpResponse:
    choose_language(user=user, language=language)
    answer = redirect("my_settings")
    if language:
        # So that the page that signs in reads it too.
        answer.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, samesite="Lax")
    else:
        request.COOKIES.pop(settings.LANGUAGE_COOKIE_NAME, None)
        answer.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    with translation.override(language or translation.get_language_from_request(request)):
        messages.success(request, str(_("Your settings are saved.")))
    return answer


def switch_language(request: HttpRequest) -> HttpResponseBase:
    """Django's switch, which sets a cookie; who is signed in keeps the language in every browser."""
    answer = set_language(request)
    language = request.POST.get("language", "")
    if request.method == "POST" and isinstance(request.user, User) and language in dict(settings.LANGUAGES):
        choose_language(user=request.user, language=language)
    return answer
