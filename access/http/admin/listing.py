"""A list that says what it is narrowed by, and when nothing is found, which filter to loosen."""

import copy
import dataclasses
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

from django.contrib.admin.filters import ListFilter
from django.contrib.admin.views.main import IGNORED_PARAMS, SEARCH_VAR
from django.contrib.messages.storage import default_storage
from django.core.exceptions import EmptyResultSet, FieldDoesNotExist
from django.db import OperationalError, connection, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.views import ChangeList

from access import scope

# How long each look for a filter to loosen may take; beyond, it isn't proposed
PATIENCE = "500ms"
PRESERVED = "_changelist_filters"
MOST_LOOKS = 6
NO_FILTERS = {*IGNORED_PARAMS, PRESERVED}


@dataclasses.dataclass(frozen=True)
class Chip:
    """One thing that the list is narrowed by, and the address of the list without it."""

    label: str
    value: str
    names: tuple[str, ...]
    without: str


class RegisterList(ChangeList):
    """A list that says in its heading how many rows a search found, and nothing before one."""

    request: HttpRequest
    result_list: Any

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """The rows that the filters and the search leave."""
        self.request = request
        found: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return found

    def get_results(self, request: HttpRequest) -> None:
        """Read the page."""
        if getattr(request, "rows_alone", False):
            self.result_list: Any = []
            return
        super().get_results(request)
        if not self.query and not self.has_active_filters:
            self.full_result_count = self.result_count

    @property
    def export_urls(self) -> dict[str, str]:
        """Where the list is to be had as a file."""
        urls: dict[str, str] = self.model_admin.export_urls(self._address())
        return urls

    @cached_property
    def chips(self) -> Sequence[Chip]:
        """What the list is narrowed by, in the order of the filters; the search last."""
        return list(self._chips())

    @cached_property
    def loosening(self) -> Sequence[Chip]:
        """The filters without one of which, alone, there would be rows; none where it would take long to tell."""
        looks = self.chips[:MOST_LOOKS]
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                if connection.vendor == "postgresql":
                    cursor.execute(f"set local statement_timeout = '{PATIENCE}'")
                cursor.execute("select " + ", ".join(self._is_there_without(chip) for chip in looks))
                found = cursor.fetchone() or ()
        except OperationalError:
            return []
        return [chip for chip, is_there in zip(looks, found, strict=True) if is_there]

    def _chips(self) -> Iterator[Chip]:
        given = self.request.GET
        consumed: set[str] = set()
        for spec in self.filter_specs:
            names = tuple(str(name) for name in spec.expected_parameters() if given.get(str(name)))
            consumed.update(str(name) for name in spec.expected_parameters())
            if names:
                yield self._chip(
                    getattr(spec, "short_title", spec.title),
                    self._value(spec, [given[name] for name in names], names),
                    names,
                )
        for name in sorted(set(self.filter_params) - consumed - NO_FILTERS):
            if given.get(name):
                yield self._chip(*self._of_lookup(name, given[name]), (name,))
        if self.query:
            yield self._chip(_("search"), self.query, (SEARCH_VAR,))

    def _chip(self, label: Any, value: str, names: tuple[str, ...]) -> Chip:
        return Chip(capfirst(str(label)), value, names, self._address(without=names))

    def _address(self, without: Sequence[str] = ()) -> str:
        left = {name: values for name, values in self.filter_params.items() if name not in without}
        return f"?{urlencode(sorted(left.items()), doseq=True)}"

    def _value(self, spec: ListFilter, values: Sequence[str], names: Sequence[str]) -> str:
        if names[0].endswith(("_from", "_to")):
            return self._span(values, names)
        # Those of a filter by all values that there are have no labels.
        offered = [one for one in getattr(spec, "lookup_choices", ()) if isinstance(one, tuple | list)]
        choices = {str(key): str(label) for key, label in offered}
        field: Any = getattr(spec, "field", None)
        if field is not None and getattr(field, "flatchoices", None):
            choices = {str(key): str(label) for key, label in field.flatchoices}
        elif field is not None and field.related_model is not None:
            return self._named(field.related_model, values[0])
        elif names[0].endswith("__exact") and values[0] in {"0", "1"}:
            return _("yes") if values[0] == "1" else _("no")
        elif names[0].endswith("__isnull"):
            return _("no value") if values[0] == "True" else _("any value")
        return capfirst(choices.get(values[0], values[0]))

    def _span(self, values: Sequence[str], names: Sequence[str]) -> str:
        ends = {name.rpartition("_")[2]: value for name, value in zip(names, values, strict=True)}
        match ends:
            case {"from": first, "to": last}:
                return first if first == last else f"{first} – {last}"
            case {"from": first}:
                return _("from %(value)s") % {"value": first}
            case _:
                return _("up to %(value)s") % {"value": ends.get("to", values[0])}

    def _of_lookup(self, name: str, value: str) -> tuple[str, str]:
        """What a condition means that came by a link (`voucher__id__exact`)."""
        model: Any = self.model
        label = name
        for part in name.split("__"):
            try:
                field = model._meta.get_field(part)
            except FieldDoesNotExist:
                break
            if field.related_model is None:
                break
            model, label = field.related_model, str(field.verbose_name)
        if model is not self.model and name.endswith(("__id__exact", "__pk", "__id", "_id__exact")):
            return label, self._named(model, value)
        return label, value

    def _named(self, model: type[Model], key: str) -> str:
        if not key.isdecimal() or len(key) > 18:
            return key
        found = scope.visible(model._default_manager.all(), self.request.user).filter(pk=int(key)).first()
        return key if found is None else str(found)

    def _is_there_without(self, chip: Chip) -> str:
        request = copy.copy(self.request)
        request.GET = QueryDict(chip.without.removeprefix("?"))
        request._messages = default_storage(request)  # type: ignore[attr-defined] # what filters say was said once
        rows = rows_alone(self.model_admin, request).queryset.order_by().values("pk")
        try:
            sql, values = rows.query.sql_with_params()
        except EmptyResultSet:
            return "false"
        operations: Any = connection.ops
        return f"exists ({operations.compose_sql(sql, values)})"


def rows_alone(model_admin: Any, request: HttpRequest) -> "RegisterList":
    """Return the list that a request describes, without counting its rows or reading a page of them.

    Raises IncorrectLookupParameters.
    """
    request.rows_alone = True  # type: ignore[attr-defined]
    shown: RegisterList = model_admin.get_changelist_instance(request)
    return shown
