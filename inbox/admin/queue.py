"""The list of incoming invoices: what is to be done first, the rest behind tabs."""

import copy
import dataclasses
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.messages.storage import default_storage
from django.core.exceptions import SuspiciousOperation
from django.db.models import Count, F, Max, Q, QuerySet, Window
from django.db.models.functions import FirstValue, Lag, Lead, RowNumber
from django.http import HttpRequest, QueryDict
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.http.admin.listing import PRESERVED, Chip, RegisterList, rows_alone
from inbox.models import IncomingInvoice
from inbox.waiting import TO_ENTER, WAITING, entered
from ledger.models import SupplierInvoice

Status = SupplierInvoice.Status

TAB = "tab"
FIRST, EVERY = "todo", "all"


TABS: dict[str, tuple[str | Promise, Q]] = {
    FIRST: (_("To do"), WAITING),
    "to_enter": (_("To enter"), TO_ENTER),
    "received": (pgettext_lazy("tab", "Received"), entered(Status.RECEIVED)),
    "registered": (_("Registered"), entered(Status.REGISTERED)),
    "approved": (_("Approved"), entered(Status.APPROVED, Status.PAID)),
    "rejected": (_("Rejected"), Q(state=IncomingInvoice.State.REJECTED) | entered(Status.REJECTED, Status.CANCELLED)),
    "duplicates": (_("Duplicates"), Q(state=IncomingInvoice.State.DUPLICATE)),
    EVERY: (_("All"), Q()),
}
OF_QUEUE = (FIRST, "to_enter", "received", "registered")


@dataclasses.dataclass(frozen=True)
class Tab:
    """A tab of the list, with how many invoices are behind it."""

    name: str
    title: str | Promise
    count: int
    url: str
    is_chosen: bool


@dataclasses.dataclass(frozen=True)
class Place:
    """Where in a list an invoice stands, and which ones are beside it; no number for one that isn't there any more."""

    number: int | None
    total: int
    before: int | None
    after: int | None


def tab_of(request: HttpRequest) -> str:
    """Return the chosen tab; who searches, searches everywhere."""
    chosen = request.GET.get(TAB, "")
    if chosen in TABS:
        return chosen
    return EVERY if request.GET.get("q") else FIRST


def kept_of(request: HttpRequest) -> str:
    """What an address carries so that its page knows the list that somebody came from."""
    filters = request.GET.get(PRESERVED, "")
    return urlencode({PRESERVED: filters}) if filters else ""


def listed(model_admin: Any, request: HttpRequest) -> QuerySet[Any]:
    """Return the list that somebody came from, in its order; the queue, where that is none."""
    try:
        return _narrowed(model_admin, request, request.GET.get(PRESERVED, ""))
    except (IncorrectLookupParameters, SuspiciousOperation):
        return _narrowed(model_admin, request, "")


def _narrowed(model_admin: Any, request: HttpRequest, filters: str) -> QuerySet[Any]:
    asked = copy.copy(request)
    asked.GET = QueryDict(filters.replace("%00", "").replace("\0", ""))
    asked._messages = default_storage(asked)  # type: ignore[attr-defined] # what filters say was said in the list
    found: QuerySet[Any] = rows_alone(model_admin, asked).queryset
    return found


def place_of(rows: QuerySet[Any], incoming: IncomingInvoice) -> Place:
    """Return where an invoice stands in a list; of one that has left it, the ones that it stood between."""
    of_list = rows.order_by().values("pk")
    order: list[Any] = [*(rows.query.order_by or ["pk"])]
    beside = IncomingInvoice.objects.filter(Q(pk__in=of_list) | Q(pk=incoming.pk)).order_by()
    found = (
        beside.annotate(
            number=Window(RowNumber(), order_by=order),
            before=Window(Lag("pk"), order_by=order),
            after=Window(Lead("pk"), order_by=order),
            first=Window(FirstValue("pk"), order_by=order),
            total=Window(Count("pk")),
            # A plain condition would leave one row to look at before the windows do.
            own=Window(Max("pk"), partition_by=[F("pk")]),
        )
        .filter(own=incoming.pk)
        .values("number", "before", "after", "first", "total")
        .get()
    )
    is_there = rows.filter(pk=incoming.pk).exists()
    first = found["first"] if found["first"] != incoming.pk else None
    return Place(
        number=found["number"] if is_there else None,
        total=found["total"],
        before=found["before"],
        after=found["after"] or first,
    )


class InvoiceList(RegisterList):
    """The list behind one of the tabs; their numbers are of what the filters leave."""

    all_tabs: QuerySet[Any]

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """A tab is no filter."""
        found: dict[str, Any] = super().get_filters_params(params)
        found.pop(TAB, None)
        return found

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        """What is behind the tab."""
        self.all_tabs = super().get_queryset(request, exclude_parameters)
        return self.all_tabs.filter(TABS[tab_of(request)][1])

    @cached_property
    def tabs(self) -> list[Tab]:
        """All of them, counted by one look."""
        plain = self.all_tabs.order_by().select_related(None)
        counts = plain.aggregate(**{f"of_{name}": Count("pk", filter=which) for name, (_t, which) in TABS.items()})
        chosen = tab_of(self.request)
        return [
            Tab(name, title, counts[f"of_{name}"], self._tab_url(name), name == chosen)
            for name, (title, _which) in TABS.items()
        ]

    @property
    def is_whole(self) -> bool:
        """Whether nothing but the tab narrows the list."""
        return not self.chips

    def _tab_url(self, name: str) -> str:
        left = {key: values for key, values in self.request.GET.lists() if key not in {TAB, "p", "e"}}
        return f"?{urlencode({**left, TAB: name}, doseq=True)}"

    def _chips(self) -> Iterator[Chip]:
        return (chip for chip in super()._chips() if chip.names != (TAB,))
