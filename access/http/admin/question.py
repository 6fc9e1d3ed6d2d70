"""The page that asks before something is done: what is lost or gained, in numbers, and a button that does it."""

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin import site
from django.db.models import Model
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode

MOST_AT_ONCE = 200


@dataclasses.dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked: paragraphs, a table (its first column names, the others numbers), and a choice where there is one.

    Without a `button` the page only tells. `is_loss` is what can't be undone. `chosen` is the choice to begin with,
    where that isn't the first.
    """

    title: str
    back_url: str
    button: str = ""
    lead: Sequence[str] = ()
    headings: Sequence[str] = ()
    lines: Sequence[tuple[str, Sequence[int]]] = ()
    asks: str = ""
    choices: Sequence[tuple[str, str]] = ()
    chosen: str = ""
    is_loss: bool = False


def ask(request: HttpRequest, question: Question, model: type[Model]) -> TemplateResponse:
    """Show the question, under the model's heading."""
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": question.title,
        "opts": model._meta,
        "question": question,
    }
    return TemplateResponse(request, "admin/access/question.html", context)


def ids_in(request: HttpRequest) -> list[int]:
    """The rows that the question is about (`?ids=1,2`)."""
    given = request.GET.get("ids", "").split(",")
    return [int(number) for number in given if number.isdecimal() and len(number) < 19][:MOST_AT_ONCE]


def way_back(request: HttpRequest, model: type[Model]) -> str:
    """The page of the one row that it is about, or the list."""
    chosen, name = ids_in(request), f"admin:{model._meta.app_label}_{model._meta.model_name}"
    return reverse(f"{name}_change", args=chosen) if len(chosen) == 1 else reverse(f"{name}_changelist")


def with_ids(address: str, rows: Iterable[int]) -> str:
    """The address of a question about some rows."""
    return f"{address}?{urlencode({'ids': ','.join(map(str, rows))})}"
