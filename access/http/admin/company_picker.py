"""Choosing companies: a field of company numbers, searched, pasted or chosen by the hundred.

Without scripts it is a field of numbers to type; with them, a search with what is chosen below it.
"""

import re
from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.forms.models import ModelChoiceIterator
from django.http import HttpRequest, JsonResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.widgets import TEXTAREA_CLASSES

from access.scope import visible_companies, within
from ledger.models import Company

MOST_SHOWN = 50
MOST_CHOSEN_AT_ONCE = 10_000
MOST_NAMED = 10
BETWEEN_NUMBERS = re.compile(r"[\s,;]+")


def numbers_in(text: str) -> list[str]:
    """The company numbers in a text, each once, whatever stands between them."""
    return list(dict.fromkeys(number for number in BETWEEN_NUMBERS.split(text) if number))


class NamedNumber(str):
    """A company's number that knows whose it is, so that nobody has to look for the name."""

    name = ""

    @classmethod
    def of(cls, company: Company) -> "NamedNumber":
        """The number of a company."""
        number = cls(company.number)
        number.name = company.name
        return number


class CompanyPicker(forms.SelectMultiple):
    """A search over companies, those that are chosen, and a text field of numbers that holds them."""

    template_name = "admin/access/company_picker.html"
    search_page: ClassVar[str] = "admin:subscriptions_subscription_companies"
    none_chosen: ClassVar[str | Promise] = gettext_lazy("None chosen: all companies")

    class Media:
        js = ("access/company_picker.js",)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """The chosen companies with their names; numbers that no company has stay as they were typed."""
        numbers = sorted(value or ())
        widget = {
            "name": name,
            "attrs": self.build_attrs(self.attrs, {**(attrs or {}), "class": " ".join(TEXTAREA_CLASSES)}),
            "text": " ".join(numbers),
            "chosen": self._named(numbers),
            "search_url": reverse(self.search_page),
            "says": _texts(none=str(self.none_chosen)),
        }
        return {"widget": widget}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """The numbers that were sent."""
        return numbers_in(" ".join(data.getlist(name) if hasattr(data, "getlist") else [str(data.get(name, ""))]))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Whether the field wasn't sent at all."""
        return name not in data

    def _named(self, numbers: Sequence[str]) -> list[list[str]]:
        if all(isinstance(number, NamedNumber) for number in numbers):
            return [[number, cast(NamedNumber, number).name] for number in numbers]
        choices = cast("ModelChoiceIterator[Any]", self.choices)
        known = choices.queryset.filter(number__in=numbers) if numbers else Company.objects.none()
        found = dict(known.values_list("number", "name"))
        return [[number, found.get(number, "")] for number in numbers]


class CompaniesField(forms.ModelMultipleChoiceField[Company]):
    """Companies by their numbers."""

    widget = CompanyPicker

    def __init__(self, **options: Any) -> None:
        super().__init__(Company.objects.all(), to_field_name="number", **options)

    def prepare_value(self, value: Any) -> Any:
        """The numbers of companies; what was typed stays as it is."""
        if isinstance(value, str) or value is None:
            return value
        return [NamedNumber.of(one) if isinstance(one, Company) else one for one in value]

    def _check_values(self, value: Any) -> QuerySet[Company]:
        """The companies; raises with the numbers that are no company's."""
        numbers = frozenset(value)
        found = cast(QuerySet[Company], self.queryset).filter(number__in=numbers)
        unknown = sorted(numbers - {company.number for company in found})
        if unknown:
            raise forms.ValidationError(_unknown(unknown), code="does_not_exist")
        return found


def search(request: HttpRequest) -> JsonResponse:
    """Companies that fit a search, or have the numbers that were pasted, with a right to subscriptions."""
    return search_among(request, "subscriptions.add_subscription", "subscriptions.change_subscription")


def search_among(request: HttpRequest, *rights: str) -> JsonResponse:
    """Such companies in which the user has one of the rights."""
    if not any(request.user.has_perm(right) for right in rights):
        raise PermissionDenied
    mine = visible_companies(request.user)
    companies = reduce(or_, (within(mine, request.user, right) for right in rights)).order_by("number")
    office = request.POST.get("office", "")
    if office.isdecimal() and len(office) < 19:
        companies = companies.filter(client_access__office=int(office)).exclude(office=int(office))
    if "numbers" in request.POST:
        numbers = numbers_in(request.POST["numbers"])[:MOST_CHOSEN_AT_ONCE]
        found = _listed(companies.filter(number__in=numbers))
        known = {number for number, _name in found}
        unknown = [number for number in numbers if number not in known]
        return JsonResponse({"found": found, "says": _unknown(unknown) if unknown else ""})
    matching = companies.filter(_fits(request.POST.get("q", "")))
    if "all" in request.POST:
        return JsonResponse({"found": _listed(matching[:MOST_CHOSEN_AT_ONCE])})
    found = _listed(matching[:MOST_SHOWN])
    return JsonResponse({"found": found, "count": matching.count() if len(found) == MOST_SHOWN else len(found)})


def _fits(text: str) -> Q:
    words = text.replace("\0", "").split()
    fits = Q()
    for word in words:
        fits &= Q(number__istartswith=word) | Q(name__icontains=word) | Q(organisation_number__icontains=word)
    return fits


def _listed(companies: QuerySet[Company]) -> list[tuple[str, str]]:
    return list(companies.values_list("number", "name"))


def _unknown(numbers: Sequence[str]) -> str:
    named = ", ".join(numbers[:MOST_NAMED])
    if len(numbers) > MOST_NAMED:
        named = _("%(numbers)s and %(count)s more") % {"numbers": named, "count": len(numbers) - MOST_NAMED}
    return ngettext(
        "There is no company with number %(numbers)s.",
        "There are no companies with numbers %(numbers)s.",
        len(numbers),
    ) % {"numbers": named}


def _texts(*, none: str) -> dict[str, Any]:
    """What the script says, in the language of the page; `%s` is a number."""

    def plural(one: str, many: str) -> list[str]:
        return [one % {"count": "%s"}, many % {"count": "%s"}]

    return {
        "chosen": plural(*(ngettext("%(count)s company chosen", "%(count)s companies chosen", n) for n in (1, 2))),
        "chooseAll": plural(*(ngettext("Choose all %(count)s found", "Choose all %(count)s found", n) for n in (1, 2))),
        "found": plural(*(ngettext("%(count)s company found", "%(count)s companies found", n) for n in (1, 2))),
        "added": plural(*(ngettext("%(count)s company added.", "%(count)s companies added.", n) for n in (1, 2))),
        "more": plural(*(ngettext("Show %(count)s more", "Show %(count)s more", n) for n in (1, 2))),
        "none": none,
        "nothing": _("No company fits."),
        "failed": _("The companies could not be searched. Try again."),
        "remove": _("Take out %(company)s"),
        "unknown": _("no such company"),
    }
