"""The page of a message that came: what is known of it, as text alone, and the message itself as a file."""

import re
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext

from access.http.actors import actor_of
from access.http.admin.question import with_ids
from history.models import Change
from history.rendering import who
from history.services import note_export
from inbox import obstacles, reasons, storage
from inbox.admin.mail_list import CHANGE, ListOfMails
from inbox.admin.mail_wording import decision_of, is_dangerous, remark_of, type_of, visible
from inbox.admin.wording import word_of
from inbox.models import IncomingInvoice, Mail

MOST_HEADERS = 64 * 1024
MOST_FILES = 200
MOST_CHANGES = 8
END_OF_HEADERS = re.compile(rb"\r?\n\r?\n")


class PageOfMail(ListOfMails):
    """What is shown of one message."""

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
            "obstacle": obstacles.told(mail),
            "remarks": [remark_of(one, {file.part: file.name for file in files}) for one in mail.remarks],
            "is_dangerous": is_dangerous(mail),
            "files": [
                {
                    "name": visible(one.name) or one.part,
                    "type": type_of(one.media_type),
                    "kind": one,
                    "is_ignored": one.kind == one.Kind.IGNORED,
                }
                for one in files
            ],
            "invoices": _invoices_of(request, mail),
            "release_url": with_ids(reverse("admin:inbox_mail_release"), [mail.pk]) if may_settle else None,
            "remove_url": with_ids(reverse("admin:inbox_mail_remove"), [mail.pk]) if may_settle else None,
            "take_back_url": with_ids(reverse("admin:inbox_mail_take-back"), [mail.pk]) if may_settle else None,
            "original_url": self._url("original", mail.pk),
            "changes": _changes_of(mail),
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

    def find(self, request: HttpRequest, pk: int) -> Mail:
        """One that somebody may see; raises 404."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).select_related("company", "settled_by", "duplicate_of").filter(pk=pk).first()
        if found is None:
            raise Http404
        return cast(Mail, found)


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


def _changes_of(mail: Mail) -> list[dict[str, Any]]:
    """What people have decided about it, the latest first."""
    entries = Change.objects.filter(subject=Mail._meta.label_lower, object_id=mail.pk).order_by("-id")
    return [{"at": entry.at, "who": who(entry), "told": decision_of(entry)} for entry in entries[:MOST_CHANGES]]


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
