"""The page that asks about a form that was filled in: what it means, and a button that sends it again."""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

from django.contrib.admin import site
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse

CONFIRMED = "confirmed"
NOT_KEPT = {"csrfmiddlewaretoken", CONFIRMED}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Confirmation:
    """What is asked: sentences, lists under their headings, and the button. `is_loss` is what can't be undone.

    `address` is where the answer goes, where that isn't the page itself.
    """

    title: str
    button: str
    back_url: str
    lead: Sequence[str] = ()
    lists: Sequence[tuple[str, Sequence[str]]] = ()
    is_loss: bool = False
    address: str = ""


def is_confirmed(request: HttpRequest) -> bool:
    """Tell whether the page has been answered."""
    return CONFIRMED in request.POST


def ask_about_form(
    request: HttpRequest, confirmation: Confirmation, model: type[Model], *, further: Sequence[tuple[str, str]] = ()
) -> TemplateResponse:
    """Show the question; its button sends the same form again, confirmed, and what is sent `further`."""
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": confirmation.title,
        "opts": model._meta,
        "question": confirmation,
        "sent": [*_fields_of(request), *further],
        "confirmed": CONFIRMED,
    }
    return TemplateResponse(request, "admin/access/confirmation.html", context)


def _fields_of(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for name, values in request.POST.lists():
        if name not in NOT_KEPT:
            yield from ((name, str(value)) for value in values)
