"""The one page on which a key's text is ever seen: the answer to a POST, kept nowhere."""

from datetime import datetime

from django.contrib.admin import site
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from access.models import ApiKey


@sensitive_variables("text")
def show_once(
    request: HttpRequest,
    *,
    key: ApiKey,
    text: str,
    next_url: str,
    is_restored: bool = False,
    old_works_until: datetime | None = None,
) -> TemplateResponse:
    """Answer with a key's text, for this once; *OK* leads to `next_url`."""
    context = {
        **site.each_context(request),
        "title": _("Your new API key"),
        "opts": ApiKey._meta,
        "key": key,
        "key_text": text,
        "next_url": next_url,
        "file_name": f"{slugify(f'{key.application} {key.name}') or 'key'}-{key.public_id}.txt",
        "is_restored": is_restored,
        "old_works_until": old_works_until,
    }
    answer = TemplateResponse(request, "admin/access/apikey/shown_once.html", context)
    # No copy on the way or in the browser, and nothing of the page told to whatever it leads to
    answer["Cache-Control"] = "no-store, private"
    answer["Pragma"] = "no-cache"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
