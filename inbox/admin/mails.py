"""What is decided about messages in quarantine: released, removed, taken back."""

import dataclasses
from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from access import scope
from access.http.admin.confirmation import Confirmation, ask_about_form, is_confirmed
from access.http.admin.question import Question, ask, ids_in, way_back
from inbox import quarantine, reasons
from inbox.admin.mail_list import CHANGE
from inbox.admin.mail_page import PageOfMail
from inbox.admin.mail_wording import Status, is_dangerous, line_of
from inbox.exceptions import InboxError
from inbox.models import Mail
from ledger.models import Company

MOST_NAMED = 200


class ReleaseForm(forms.Form):
    """Whose the messages are, where nobody could tell."""

    company = forms.ModelChoiceField(
        queryset=Company.objects.none(), label=_("Company"), widget=UnfoldAdminSelectWidget
    )

    def __init__(self, user: User, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        mine = scope.within(scope.visible_companies(user), user, CHANGE).filter(active=True).order_by("number")
        self.fields["company"].queryset = mine  # type: ignore[attr-defined]


@admin.register(Mail)
class MailAdmin(PageOfMail):
    def get_urls(self) -> list[URLPattern]:
        """Add the pages that ask, and the original."""
        views = {"release": self.release_view, "remove": self.remove_view, "take-back": self.take_back_view}
        ours = [
            path(f"{name}/", self.admin_site.admin_view(view), name=f"inbox_mail_{name}")
            for name, view in views.items()
        ]
        original = path(
            "<int:pk>/original/", self.admin_site.admin_view(self.original_view), name="inbox_mail_original"
        )
        return [*ours, original, *super().get_urls()]

    def release_view(self, request: HttpRequest) -> HttpResponse:
        """Ask, for a company as well where none is known, then have the messages read."""
        chosen = self._chosen(request, Status.QUARANTINED)
        back_url = way_back(request, Mail)
        dangerous = [mail for mail in chosen if is_dangerous(mail)]
        is_alone = len(chosen) == 1 and bool(dangerous)
        left_out = 0 if is_alone else len(dangerous)
        if left_out:
            chosen = [mail for mail in chosen if mail not in dangerous]
        user = cast(User, request.user)
        needs_company = any(mail.company_id is None for mail in chosen)
        form = ReleaseForm(user, request.POST if request.method == "POST" else None) if needs_company else None
        is_answered = request.method == "POST" and (form is None or form.is_valid())
        if is_answered and is_alone and not is_confirmed(request):
            return ask_about_form(request, _second_question(chosen[0], back_url), Mail)
        if is_answered:
            company = form.cleaned_data["company"] if form else None
            count = self._each(request, chosen, quarantine.release, user=user, company=company)
            text = ngettext(
                "%(count)s message is released, and is being read.",
                "%(count)s messages are released, and are being read.",
                count,
            )
            self._tell_done(request, text, count)
            return HttpResponseRedirect(back_url)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Release from quarantine"),
            "opts": self.opts,
            "chosen": [line_of(mail) for mail in chosen[:MOST_NAMED]],
            "count": len(chosen),
            "left_out": left_out,
            "is_dangerous": is_alone,
            "form": form,
            "back_url": back_url,
        }
        return TemplateResponse(request, "admin/inbox/mail/release.html", context)

    def remove_view(self, request: HttpRequest) -> HttpResponse:
        """Ask, and then remove the messages."""
        chosen = self._chosen(request, Status.QUARANTINED)
        back_url = way_back(request, Mail)
        if request.method == "POST":
            count = self._each(request, chosen, quarantine.remove, user=cast(User, request.user))
            text = ngettext("%(count)s message is removed.", "%(count)s messages are removed.", count)
            self._tell_done(request, text, count)
            return HttpResponseRedirect(back_url)
        days = settings.UTKORG_MAIL_DAYS
        kept = ngettext(
            "It can be taken back for %(count)s day; then its content is deleted.",
            "It can be taken back for %(count)s days; then its content is deleted.",
            days,
        ) % {"count": days}
        lead = [
            gettext("Nothing more happens with what is removed, and the sender isn't told."),
            kept if days else gettext("It can be taken back."),
        ]
        title = ngettext("Remove %(count)s message?", "Remove %(count)s messages?", len(chosen) or 1)
        button = pgettext("message", "Remove")
        return self._asked(request, chosen, Question(title=title, back_url=back_url, button=button, lead=lead))

    def take_back_view(self, request: HttpRequest) -> HttpResponse:
        """Ask, and then put what was removed into quarantine again."""
        chosen = self._chosen(request, Status.REMOVED)
        back_url = way_back(request, Mail)
        if request.method == "POST":
            count = self._each(request, chosen, quarantine.take_back, user=cast(User, request.user))
            text = ngettext(
                "%(count)s message is in quarantine again.", "%(count)s messages are in quarantine again.", count
            )
            self._tell_done(request, text, count)
            return HttpResponseRedirect(back_url)
        title = ngettext("Take back %(count)s message?", "Take back %(count)s messages?", len(chosen) or 1)
        lead = [gettext("It is in quarantine again then, and waits for somebody to decide.")]
        button = pgettext("a message or an invoice", "Take back")
        return self._asked(request, chosen, Question(title=title, back_url=back_url, button=button, lead=lead))

    def _chosen(self, request: HttpRequest, status: str) -> list[Mail]:
        """The messages of a question that somebody may decide about, and that it is still about."""
        if not self.has_settle_permission(request):
            raise PermissionDenied
        known = scope.within(self.get_queryset(request).filter(pk__in=ids_in(request)), request.user, CHANGE)
        return list(known.filter(status=status).select_related("company").order_by("-pk"))

    def _each(self, request: HttpRequest, chosen: Sequence[Mail], service: Any, **asked: Any) -> int:
        """Do something with each; tell of those that refuse, and return how many didn't."""
        done = 0
        for mail in chosen:
            try:
                service(mail=mail, **asked)
                done += 1
            except InboxError as error:
                messages.warning(request, f"{mail}: {error}")
        return done

    def _tell_done(self, request: HttpRequest, text: str, count: int) -> None:
        if count:
            messages.success(request, text % {"count": _grouped(count)})

    def _asked(self, request: HttpRequest, chosen: Sequence[Mail], question: Question) -> HttpResponse:
        """Ask about the messages, named one by one; tell it where none is left."""
        if not chosen:
            gone = gettext("None of the chosen messages is waiting for this any more.")
            title = question.title % {"count": 0}
            return ask(request, dataclasses.replace(question, title=title, button="", lead=[gone]), Mail)
        lines = [(line_of(mail), ()) for mail in chosen]
        title = question.title % {"count": _grouped(len(chosen))}
        named = dataclasses.replace(question, title=title, headings=[gettext("Message")], lines=lines)
        return ask(request, named, Mail)


def _second_question(mail: Mail, back_url: str) -> Confirmation:
    return Confirmation(
        title=gettext("Release a message with a virus?"),
        button=gettext("Release it anyway"),
        back_url=back_url,
        lead=[
            reasons.told(mail.reason),
            gettext(
                "Its files are kept as they are, and whoever opens one on their computer may be harmed. Go on only if "
                "you know that the scanner is mistaken."
            ),
        ],
        is_loss=True,
    )


def _grouped(count: int) -> str:
    return str(number_format(count, force_grouping=True))
