"""A transfer's parameters as given by people and programs, checked against the type's registration."""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _

from information_types.definition import InformationType, Parameter, ParameterKind
from onetime_transfer.exceptions import TransferError, WrongParameters

DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")
ENDS: tuple[tuple[ParameterKind, ParameterKind], ...] = (("month_to", "month_from"), ("date_to", "date_from"))


def clean(information_type: InformationType, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that are set, as plain JSON; raises `WrongParameters` that names everything that is wrong."""
    known = information_type.parameters_by_name()
    errors = [
        TransferError(_("This type has no such parameter."), code="unknown_parameter", field=name)
        for name in sorted(given.keys() - known.keys())
    ]
    cleaned = {}
    for name, parameter in known.items():
        try:
            value = _clean_parameter(parameter, given.get(name))
        except TransferError as error:
            errors.append(error)
        else:
            if value is not None:
                cleaned[name] = value
    errors += _wrong_order(information_type, cleaned)
    if errors:
        raise WrongParameters(errors)
    return cleaned


def _clean_parameter(parameter: Parameter, value: Any) -> Any:
    if value not in (None, ""):
        return _clean_value(parameter, value)
    if parameter.required:
        raise TransferError(_("This is required."), code="required", field=parameter.name)
    return None


def _clean_value(parameter: Parameter, value: Any) -> Any:
    match parameter.kind:
        case "flag" if isinstance(value, bool):
            return value
        case "flag":
            raise TransferError(_("True or false."), field=parameter.name)
        case "month_from" | "month_to" if isinstance(value, str) and MONTH.fullmatch(value) and value >= "0001-01":
            return value
        case "month_from" | "month_to":
            raise TransferError(_("A month has the form YYYY-MM."), field=parameter.name)
        case _:
            return _clean_date(parameter, value)


def _clean_date(parameter: Parameter, value: Any) -> str:
    try:
        return date.fromisoformat(str(value) if DATE.fullmatch(str(value)) else "").isoformat()
    except ValueError:
        raise TransferError(_("A date has the form YYYY-MM-DD."), field=parameter.name) from None


def _wrong_order(information_type: InformationType, cleaned: Mapping[str, Any]) -> Iterator[TransferError]:
    by_kind = {parameter.kind: parameter.name for parameter in information_type.parameters}
    for end, start in ENDS:
        first, last = cleaned.get(by_kind.get(start, "")), cleaned.get(by_kind.get(end, ""))
        if first and last and last < first:
            yield TransferError(_("The end comes before the start."), field=by_kind[end])
