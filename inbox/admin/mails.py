"""Messages that came: what is in quarantine first, and what somebody may do with it."""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext, pgettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from access import scope
from access.http.actors import actor_of
from access.http.admin import ReadOnlyAdmin, RegisterAdmin
from access.http.admin.confirmation import Confirmation, ask_about_form, is_confirmed
from access.http.admin.filters import DayFilter, SearchFilter
from access.http.admin.moments import moment
from access.http.admin.question import Question, ask, ids_in, way_back, with_ids
from history.services import note_export
from inbox import quarantine, reasons, storage
from inbox.admin.wording import word_of
from inbox.exceptions import InboxError
from inbox.models import IncomingInvoice, Mail
from ledger.models import Company

VIEW, CHANGE = "inbox.view_mail", "inbox.change_mail"
Status = Mail.Status
LABELS = {
    Status.WAITING: "info",
    Status.READING: "info",
    Status.READ: "success",
    Status.QUARANTINED: "warning",
    Status.REMOVED: "default",
}
# What is released in bulk by nobody: each such message takes a page of its own, and a second yes
DANGEROUS = frozenset({reasons.VIRUS})
MOST_HEADERS = 64 * 1024
MOST_FILES = 200
END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")
UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


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
class MailAdmin(ReadOnlyAdmin):
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

    # The list

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
        return format_html('<span class="cut" title="{0}">{0}</span>', mail.company)

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

    # One of them

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what is known of it, as text alone."""
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        mail = self.find(request, int(object_id))
        may_settle = request.user.has_perm(CHANGE, mail)
        files = list(mail.files.order_by("id")[:MOST_FILES])
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Message"),
            "opts": self.opts,
            "original": mail,
            "mail": mail,
            "subject": visible(mail.subject) or gettext("(no subject)"),
            "sender": visible(mail.sender),
            "envelope_sender": visible(mail.envelope_sender),
            "recipient": visible(mail.recipient),
            "reply_to": visible(mail.reply_to),
            "text": visible(mail.text),
            "headers": _headers_of(mail),
            "reason": reasons.told(mail.reason),
            "remarks": [_told(one, {file.part: file.name for file in files}) for one in mail.remarks],
            "is_dangerous": _is_dangerous(mail),
            "files": [
                {"name": visible(one.name) or one.part, "kind": one, "is_ignored": one.kind == one.Kind.IGNORED}
                for one in files
            ],
            "invoices": _invoices_of(request, mail),
            "release_url": with_ids(reverse("admin:inbox_mail_release"), [mail.pk]) if may_settle else None,
            "remove_url": with_ids(reverse("admin:inbox_mail_remove"), [mail.pk]) if may_settle else None,
            "take_back_url": with_ids(reverse("admin:inbox_mail_take-back"), [mail.pk]) if may_settle else None,
            "original_url": self._url("original", mail.pk),
            "kept_days": settings.UTKORG_MAIL_DAYS,
        }
        return TemplateResponse(request, "admin/inbox/mail/page.html", context)

    def original_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Give the message as it came, as a file that no browser opens; the history tells who took it."""
        mail = self.find(request, pk)
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        try:
            content = storage.content_of(mail.digest)
        except (OSError, ValueError):
            messages.error(
                request, gettext("The message isn't in the storage of messages any more, or was changed there.")
            )
            return HttpResponseRedirect(self._url("change", pk))
        note_export(
            subject=self.opts.label_lower,
            name=str(mail),
            actor=actor_of(request),
            details={"message": mail.pk, "size": mail.size},
        )
        kind = "xml" if mail.source == Mail.Source.API else "eml"
        answer = HttpResponse(content, content_type="application/octet-stream")
        answer["Content-Disposition"] = content_disposition_header(
            True, f"{mail.received_at:%Y-%m-%d}-{mail.pk}.{kind}"
        )
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
        answer["Cache-Control"] = "private, no-store"
        return answer

    # What is decided

    def release_view(self, request: HttpRequest) -> HttpResponse:
        """Ask, for a company as well where none is known, then have the messages read."""
        chosen = self._chosen(request, Status.QUARANTINED)
        back_url = way_back(request, Mail)
        dangerous = [mail for mail in chosen if _is_dangerous(mail)]
        is_dangerous = len(chosen) == 1 and bool(dangerous)
        left_out = 0 if is_dangerous else len(dangerous)
        if left_out:
            chosen = [mail for mail in chosen if mail not in dangerous]
        user = cast(User, request.user)
        needs_company = any(mail.company_id is None for mail in chosen)
        form = ReleaseForm(user, request.POST if request.method == "POST" else None) if needs_company else None
        is_answered = request.method == "POST" and (form is None or form.is_valid())
        if is_answered and is_dangerous and not is_confirmed(request):
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
            "chosen": [_line(mail) for mail in chosen[:MOST_FILES]],
            "count": len(chosen),
            "left_out": left_out,
            "is_dangerous": is_dangerous,
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
            "You can take it back for %(count)s day; then its content is deleted.",
            "You can take it back for %(count)s days; then its content is deleted.",
            days,
        ) % {"count": days}
        lead = [
            gettext("Nothing comes of what is removed, and the sender isn't told."),
            kept if days else gettext("You can take it back."),
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

    def find(self, request: HttpRequest, pk: int) -> Mail:
        """One that somebody may see; raises 404."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).select_related("company", "settled_by", "duplicate_of").filter(pk=pk).first()
        if found is None:
            raise Http404
        return cast(Mail, found)

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
        lines = [(_line(mail), ()) for mail in chosen]
        title = question.title % {"count": _grouped(len(chosen))}
        named = dataclasses.replace(question, title=title, headings=[gettext("Message")], lines=lines)
        return ask(request, named, Mail)


def visible(text: str) -> str:
    """A text of a stranger's without what isn't seen, or turns round what is."""
    return UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def _headers_of(mail: Mail) -> str:
    """The headers as they stand in the message, as text; nothing where it isn't kept, or has none."""
    if mail.source == Mail.Source.API:
        return ""
    try:
        with storage.mail_storage().open(storage.path_of(mail.digest)) as file:
            beginning: bytes = file.read(MOST_HEADERS)
    except OSError:
        return ""
    return visible(END_OF_HEADERS.split(beginning, maxsplit=1)[0].decode("utf-8", "replace"))


def _invoices_of(request: HttpRequest, mail: Mail) -> list[tuple[str, str, str | None]]:
    """What came of it: name, state, and the page where it is handled."""
    may_open = request.user.has_perm("inbox.view_incominginvoice", mail)
    found = []
    rows = IncomingInvoice.objects.filter(mail=mail).select_related("supplier_invoice")
    for incoming in rows.order_by("position")[:MOST_FILES]:
        url = None
        try:
            url = reverse("admin:inbox_incominginvoice_change", args=[incoming.pk]) if may_open else None
        except NoReverseMatch:
            url = None
        name = visible(f"{incoming.sender_name} {incoming.invoice_number}".strip()) or gettext("Invoice")
        found.append((name, word_of(incoming), url))
    return found


def _second_question(mail: Mail, back_url: str) -> Confirmation:
    return Confirmation(
        title=gettext("Release a message with a virus?"),
        button=gettext("Release it all the same"),
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


def _is_dangerous(mail: Mail) -> bool:
    return bool(mail.reason) and mail.reason.get("code") in DANGEROUS


def _told(remark: Any, names: Mapping[str, str]) -> str:
    """A remark on the message or on one of its files, which is named."""
    if not isinstance(remark, dict) or "code" not in remark:
        return visible(str(remark))
    place = remark.get("path") or ""
    text = reasons.told(remark)
    return visible(f"{names.get(place) or place}: {text}" if place else text)


def _line(mail: Mail) -> str:
    sender = visible(mail.sender or mail.envelope_sender) or gettext("(no sender)")
    return f"{visible(mail.subject) or gettext('(no subject)')} – {sender}"


def _ask_about(name: str, queryset: QuerySet[Mail]) -> HttpResponse:
    return HttpResponseRedirect(with_ids(reverse(f"admin:inbox_mail_{name}"), queryset.values_list("pk", flat=True)))


def _grouped(count: int) -> str:
    return str(number_format(count, force_grouping=True))
