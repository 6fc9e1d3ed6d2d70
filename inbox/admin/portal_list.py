"""The companies that take invoices by mail, as a list: their addresses, and what waits."""

from typing import Any, ClassVar

from django.db.models import CharField, Count, DateTimeField, IntegerField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from access.http.admin import RegisterAdmin
from access.http.admin.filters import SearchFilter
from access.http.admin.moments import moment
from inbox.exceptions import InboxError
from inbox.models import IncomingInvoice, InvoiceAddress, Mail, Portal


class ListOfPortals(RegisterAdmin):
    """The list's columns, search and filters."""

    list_display = ("of_company", "state", "address", "waiting", "last_message")
    list_select_related = ("company",)
    list_filter = ("active", ("company", SearchFilter))
    search_fields = ("company__number", "company__name", "addresses__local_part")
    search_help_text = _("Company, or address")
    ordering = ("company__number",)
    known_refusals: ClassVar[tuple[type[Exception], ...]] = (InboxError,)
    exported: ClassVar = {
        "of_company": lambda portal: str(portal.company),
        "state": lambda portal: portal.active,
        "address": lambda portal: portal.current or "",
        "waiting": lambda portal: (portal.quarantined or 0) + (portal.to_enter or 0),
        "last_message": lambda portal: portal.last_at,
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """With the address that suppliers are told, what waits, and when the last message came."""
        of_company = Mail.objects.filter(company=OuterRef("company")).order_by()
        quarantined = of_company.filter(status=Mail.Status.QUARANTINED).values("company")
        unread = IncomingInvoice.objects.filter(company=OuterRef("company"), state=IncomingInvoice.State.TO_ENTER)
        to_enter = unread.order_by().values("company")
        current = InvoiceAddress.objects.filter(portal=OuterRef("pk"), replaced_at=None).order_by()
        found: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                current=Subquery(current.values("local_part")[:1], output_field=CharField()),
                quarantined=Subquery(quarantined.values(count=Count("pk")), output_field=IntegerField()),
                to_enter=Subquery(to_enter.values(count=Count("pk")), output_field=IntegerField()),
                last_at=Subquery(of_company.order_by("-id").values("received_at")[:1], output_field=DateTimeField()),
            )
        )
        return found

    @display(description=capfirst(_("company")), ordering="company__number")
    def of_company(self, portal: Portal) -> str:
        """Whose it is."""
        return str(portal.company)

    @display(description=_("state"), label={True: "success", False: "default"}, ordering="active")
    def state(self, portal: Portal) -> tuple[bool, str]:
        """Whether mail is taken."""
        return portal.active, gettext("On") if portal.active else gettext("Off")

    @display(description=_("address"))
    def address(self, portal: Any) -> str:
        """Where suppliers send to."""
        return InvoiceAddress.written(portal.current) if portal.current else "–"

    @display(description=_("waiting"))
    def waiting(self, portal: Any) -> str:
        """What waits for somebody."""
        told = []
        if portal.quarantined:
            told.append(gettext("%(count)s in quarantine") % {"count": _grouped(portal.quarantined)})
        if portal.to_enter:
            told.append(gettext("%(count)s to enter") % {"count": _grouped(portal.to_enter)})
        return ", ".join(told) or "–"

    @display(description=_("last message"))
    def last_message(self, portal: Any) -> str:
        """How long ago."""
        return moment(portal.last_at)


def _grouped(count: int) -> str:
    return str(number_format(count, force_grouping=True))
