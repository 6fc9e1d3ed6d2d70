"""The files of a message as a person sees them: in a frame of no origin, which nothing of a message gets out of.

What is shown is made here: a table of an invoice's data, pictures of a PDF's pages, plain text. The frame's own policy
allows pictures within it and our style sheet, and neither scripts, forms, links to elsewhere nor frames.
"""

import base64
import dataclasses
import re
from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from inbox import reading, storage
from inbox.formats import Finding, Invoice
from inbox.models import IncomingInvoice, MailFile
from inbox.reading import ReadingDied, ReadingRefused, ReadingUnavailable
from inbox.rendering import rendered
from inbox.rules import SUPPLIER_UNKNOWN

MESSAGE = 0  # stands for the message itself among the keys of its files
MOST_TEXT = 200_000
MOST_PAGES = 20
PICTURES = "image/"
PDF, XML = "application/pdf", {"application/xml", "text/xml"}
POLICY = (
    "sandbox; default-src 'none'; img-src data:; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
UNSAFE = re.compile(r"[^\w.() -]+")
LONGEST_NAME = 120


@dataclasses.dataclass(frozen=True)
class Tab:
    """A file that can be chosen: the invoice's document first, then what came with it, the message last."""

    key: int
    title: str
    icon: str
    size: int
    is_chosen: bool
    can_be_shown: bool


def files_of(incoming: IncomingInvoice) -> list[MailFile]:
    """Return the invoice's own files: another's of the same message are not among them."""
    of_it = Q(pk=incoming.document_id) | Q(pk__in=incoming.attachments.order_by().values("pk"))
    own = MailFile.objects.filter(of_it, mail=incoming.mail_id).order_by("id")
    return sorted(own, key=lambda file: file.pk != incoming.document_id)


def tabs_of(incoming: IncomingInvoice, files: Sequence[MailFile], chosen: int | None) -> list[Tab]:
    """Return what can be looked at."""
    keys = [file.pk for file in files]
    shown = chosen if chosen in {*keys, MESSAGE} else (keys[0] if keys else MESSAGE)
    found = [
        Tab(file.pk, file.name or file.part, _icon(file), file.size, file.pk == shown, _can_be_shown(incoming, file))
        for file in files
    ]
    return [*found, Tab(MESSAGE, _("Message"), "mail", incoming.mail.size, shown == MESSAGE, True)]


def frame(request: HttpRequest, incoming: IncomingInvoice, file: MailFile | None) -> HttpResponse:
    """Show a file, or the message, within the frame."""
    context: dict[str, Any] = {"incoming": incoming, "mail": incoming.mail, "file": file}
    try:
        context |= _shown(incoming, file) if file else {}
    except (ReadingDied, ReadingRefused):
        context["problem"] = _("The file can't be shown. Download it, and open it where you trust it.")
    except ReadingUnavailable:
        context["problem"] = _("The file can't be shown right now. Try again in a moment.")
    except (FileNotFoundError, OSError):
        context["problem"] = _("The file can't be read from the mail storage. Tell who runs Utkorg.")
    except ValueError:
        context["problem"] = _("The file in the mail storage isn't what came. Tell who runs Utkorg.")
    answer = TemplateResponse(request, "admin/inbox/frame.html", context)
    answer["Content-Security-Policy"] = POLICY
    answer["X-Frame-Options"] = "SAMEORIGIN"
    answer["Cache-Control"] = "private, no-store"
    return answer


def download(content: bytes, name: str) -> HttpResponse:
    """Send a file to be saved, never to be opened by the browser."""
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = content_disposition_header(True, safe_name(name)) or "attachment"
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer


def safe_name(name: str) -> str:
    """A file's name without what means something to a file system: folders, and signs that only look like letters."""
    plain = UNSAFE.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    stem, dot, ending = plain.rpartition(".")
    return f"{stem[:LONGEST_NAME]}{dot}{ending[:10]}" if dot and stem else plain[:LONGEST_NAME] or "file"


def _shown(incoming: IncomingInvoice, file: MailFile) -> dict[str, Any]:
    if file.pk == incoming.document_id and incoming.content and file.media_type in XML:
        return {"invoice": _invoice(incoming)}
    if file.media_type == PDF:
        pages = reading.render_pages(storage.content_of(file.digest), count=MOST_PAGES)
        return {"pages": [_as_data(page) for page in pages], "is_cut": len(pages) == MOST_PAGES}
    if file.media_type.startswith(PICTURES):
        return {"pages": [_as_data(reading.render_picture(storage.content_of(file.digest)))]}
    if file.media_type.startswith("text/") or file.media_type in XML:
        text = storage.content_of(file.digest)[: MOST_TEXT * 4].decode("utf-8", "replace")
        return {"text": text[:MOST_TEXT], "is_cut": len(text) > MOST_TEXT}
    return {"problem": _("There is no picture of files of this kind. Download it, and open it where you trust it.")}


def _invoice(incoming: IncomingInvoice) -> SafeString:
    # Whether the supplier is in the register is told beside the fields, as it is now.
    told = [kept for kept in incoming.findings if "path" in kept and kept["rule"] != SUPPLIER_UNKNOWN]
    findings = [Finding.from_json(kept) for kept in told]
    return rendered(Invoice.from_json(incoming.content), findings)


def _as_data(png: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def _can_be_shown(incoming: IncomingInvoice, file: MailFile) -> bool:
    return (
        file.media_type in {PDF, *XML}
        or file.media_type.startswith((PICTURES, "text/"))
        or (file.pk == incoming.document_id and incoming.content is not None)
    )


def _icon(file: MailFile) -> str:
    if file.media_type == PDF:
        return "picture_as_pdf"
    if file.media_type.startswith(PICTURES):
        return "image"
    return "receipt_long" if file.media_type in XML else "draft"
