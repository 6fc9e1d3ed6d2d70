"""Companies named by number in a request."""

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from access.http.parameters import Text
from ledger.models import Company


class CompanyNumbers(serializers.ListField):
    """Numbers of companies, at least one and each once, in the order given; `find` turns them into companies."""

    def __init__(self, **options: Any) -> None:
        super().__init__(child=Text(max_length=32), min_length=1, **options)

    def to_internal_value(self, data: Any) -> list[str]:
        """Return the numbers, each once."""
        return list(dict.fromkeys(super().to_internal_value(data)))


def companies_by_number(numbers: Sequence[str], among: QuerySet[Company]) -> list[Company]:
    """Return the companies of these numbers; raises ValidationError at the place of each that isn't `among` those."""
    found = {company.number: company for company in among.filter(number__in=numbers)}
    unknown: dict[Any, list[ErrorDetail]] = {
        place: [ErrorDetail(_("There is no company of this number."), code="does_not_exist")]
        for place, number in enumerate(numbers)
        if number not in found
    }
    if unknown:
        raise ValidationError(unknown)
    return [found[number] for number in numbers]


def find_companies(numbers: Sequence[str], among: QuerySet[Company], *, field: str) -> list[Company]:
    """Do the same outside a serializer's field, whose name is then given for the error."""
    try:
        return companies_by_number(numbers, among)
    except ValidationError as error:
        raise ValidationError({field: error.detail}) from None
