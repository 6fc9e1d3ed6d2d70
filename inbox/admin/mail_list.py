"""The messages that came, as a list: what is in quarantine first."""

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from access.http.admin import ReadOnlyAdmin, RegisterAdmin
from access.http.admin.filters import DayFilter, SearchFilter
from access.http.admin.moments import moment
from access.http.admin.question import with_ids
from inbox import reasons
from inbox.admin.mail_wording import LABELS, visible
from inbox.exceptions import InboxError
from inbox.models import Mail

CHANGE = "inbox.change_mail"


class ListOfMails(ReadOnlyAdmin):
    """The list's columns and filters, and what is done with those that are ticked."""

    list_display = ("received", "what", "to_company", "why", "state")
    # In a file, which has room
    exported_display = ("received", "what", "shown_sender", "recipient", "to_company", "why", "shown_size", "state")
    list_select_related = ("company",)
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("company", SearchFilter),
        ("source", ChoicesDropdownFilter),
        ("received_at", DayFilter),
    )
    search_fields = ("subject", "sender", "envelope_sender", "recipient", "message_id", "files__name")
    search_help_text = _("Subject, sender, recipient, or name of a file")
    ordering = ("status", "-id")  # “quarantined” comes first
    known_refusals: ClassVar[tuple[type[Exception], ...]] = (InboxError,)
    exported: ClassVar = {
        "received": lambda mail: mail.received_at,
        "what": lambda mail: mail.subject,
        "shown_sender": lambda mail: mail.sender or mail.envelope_sender,
        "to_company": lambda mail: str(mail.company or ""),
        "why": lambda mail: reasons.told(mail.reason),
        "shown_size": lambda mail: mail.size,
        "state": lambda mail: mail.get_status_display(),
    }
    actions = ("release_chosen", "remove_chosen", "take_back_chosen")

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """What may be done with those in quarantine, though nobody edits a message."""
        actions: dict[str, Any] = RegisterAdmin.get_actions(self, request)
        return actions

    def get_list_display(self, request: HttpRequest) -> Sequence[str]:
        """The columns of the page, or those of a file."""
        return self.exported_display if getattr(request, "rows_alone", False) else self.list_display

    @display(description=capfirst(_("received")), ordering="id")
    def received(self, mail: Mail) -> str:
        """How long ago."""
        return moment(mail.received_at)

    @display(description=_("message"), ordering="subject")
    def what(self, mail: Mail) -> str:
        """The subject over who sent it; what came over REST has none."""
        by_rest = mail.source == Mail.Source.API
        subject = visible(mail.subject) or (mail.get_source_display() if by_rest else gettext("(no subject)"))
        sender = visible(mail.sender or mail.envelope_sender) or gettext("(no sender)")
        return format_html(
            '<div class="mail-what"><span>{}</span> <span class="chosen">{}</span></div>', subject, sender
        )

    @display(description=_("from"), ordering="sender")
    def shown_sender(self, mail: Mail) -> str:
        """Who sent it."""
        return visible(mail.sender or mail.envelope_sender)

    @display(description=_("company"), ordering="company__number")
    def to_company(self, mail: Mail) -> str:
        """Which company it is for."""
        if mail.company is None:
            return gettext("unknown")
        return format_html('<span class="cut" title="{}">{}</span>', mail.company, mail.company.name)

    @display(description=_("reason"))
    def why(self, mail: Mail) -> str:
        """Why it is, or was, in quarantine."""
        return reasons.told(mail.reason) or "–"

    @display(description=_("size"), ordering="size")
    def shown_size(self, mail: Mail) -> str:
        """How large it is."""
        return filesizeformat(mail.size)

    @display(description=_("status"), label=LABELS, ordering="status")
    def state(self, mail: Mail) -> tuple[str, str]:
        """How far it has come."""
        return mail.status, str(capfirst(mail.get_status_display()))

    @action(description=_("Release from quarantine"), permissions=("settle",))
    def release_chosen(self, request: HttpRequest, queryset: QuerySet[Mail]) -> HttpResponse:
        """Lead to the page that asks."""
        return _ask_about("release", queryset)

    @action(description=_("Remove from quarantine"), permissions=("settle",))
    def remove_chosen(self, request: HttpRequest, queryset: QuerySet[Mail]) -> HttpResponse:
        """Lead to the page that asks."""
        return _ask_about("remove", queryset)

    @action(description=_("Take back what was removed"), permissions=("settle",))
    def take_back_chosen(self, request: HttpRequest, queryset: QuerySet[Mail]) -> HttpResponse:
        """Lead to the page that asks."""
        return _ask_about("take-back", queryset)

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may decide about messages."""
        return bool(request.user.has_perm(CHANGE))


def _ask_about(name: str, queryset: QuerySet[Mail]) -> HttpResponse:
    return HttpResponseRedirect(with_ids(reverse(f"admin:inbox_mail_{name}"), queryset.values_list("pk", flat=True)))
