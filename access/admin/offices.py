"""Accounting offices: made by whoever administers the installation, who also gives them their clients."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from access import scope
from access.clients import add_clients
from access.exceptions import AccessError
from access.http.admin import RegisterAdmin
from access.http.admin.amounts import column
from access.http.admin.confirmation import Confirmation, ask_about_form, is_confirmed
from access.models import ApiKey, ClientAccess, Membership, Office
from ledger.models import Company

BETWEEN_NUMBERS = re.compile(r"[\s,;]+")
ADD_CLIENTS = "access.add_clientaccess"
MOST_NAMED = 100


class NewClientsForm(forms.Form):
    """Companies searched one by one, or a list of numbers pasted."""

    companies = forms.ModelMultipleChoiceField(Company.objects.none(), label=_("Search companies"), required=False)
    numbers = forms.CharField(
        label=_("Or paste company numbers"),
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6, "spellcheck": "false"}),
        help_text=_("Separated by spaces, commas or lines, such as a column of a spreadsheet."),
    )

    def __init__(self, office: Office, companies: QuerySet[Company], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.office, self.within_reach = office, companies
        searched: Any = self.fields["companies"]
        searched.queryset = companies
        searched.widget = AutocompleteSelectMultiple(
            ClientAccess._meta.get_field("company"), admin.site, choices=searched.choices
        )

    def clean_numbers(self) -> list[Company]:
        """The companies of these numbers; raises with those that are no company's."""
        given = list(dict.fromkeys(part for part in BETWEEN_NUMBERS.split(self.cleaned_data["numbers"]) if part))
        found = {company.number: company for company in self.within_reach.filter(number__in=given)}
        unknown = [number for number in given if number not in found]
        if unknown:
            text = ngettext(
                "There is no company with number %(numbers)s.",
                "There are no companies with numbers %(numbers)s.",
                len(unknown),
            )
            raise forms.ValidationError(text % {"numbers": ", ".join(unknown[:20])}, code="unknown")
        return list(found.values())

    def clean(self) -> dict[str, Any]:
        """Refuse what can't be the office's client, each company named."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = {company.pk: company for company in (*values.get("companies", ()), *values.get("numbers", ()))}
        if not chosen and not self.errors:
            raise forms.ValidationError(_("Choose at least one company."), code="empty")
        if self.office.company_id in chosen:
            own = _("%(company)s is the office's own company, so it can't be a client of it.")
            raise forms.ValidationError(own, code="own", params={"company": chosen[self.office.company_id]})
        others = ClientAccess.objects.filter(company__in=chosen).select_related("company")
        known = {access.company_id: access for access in others}
        elsewhere = [str(access.company) for access in known.values() if access.office_id != self.office.pk]
        if elsewhere:
            text = _("Another accounting office keeps the books of %(companies)s. It has to leave that office first.")
            raise forms.ValidationError(text, code="other", params={"companies": ", ".join(elsewhere[:20])})
        values["new"] = [company for pk, company in chosen.items() if pk not in known]
        values["present"] = [access.company for access in known.values()]
        return values


@admin.register(Office)
class OfficeAdmin(RegisterAdmin):
    """An office, with the way to its clients."""

    known_refusals: ClassVar[tuple[type[Exception], ...]] = (AccessError,)
    list_display = ("name", "company", "clients_count", "keys_count", "people_count")
    list_select_related = ("company",)
    search_fields = ("name", "company__number", "company__name")
    ordering = ("name", "pk")
    fields = ("name", "company")
    autocomplete_fields = ("company",)
    actions_detail = ("show_clients", "add_clients_here")

    def get_urls(self) -> list[URLPattern]:
        """Add the page that takes new clients."""
        view = self.admin_site.admin_view(self.clients_view)
        return [path("<int:pk>/clients/", view, name="access_office_clients"), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Office]:
        """With how many clients, keys and people each has."""
        found: QuerySet[Office] = super().get_queryset(request)
        return found.annotate(
            clients_counted=_count(ClientAccess.objects.all()),
            keys_counted=_count(ApiKey.objects.unrevoked()),
            people_counted=_count(Membership.objects.filter(ended_at=None)),
        )

    @display(description=_("clients"), ordering="clients_counted")
    def clients_count(self, office: Office) -> str:
        """How many companies' books it keeps."""
        return column(Decimal(getattr(office, "clients_counted", 0)), 0)

    @display(description=_("API keys"), ordering="keys_counted")
    def keys_count(self, office: Office) -> str:
        """Keys that nobody has revoked."""
        return column(Decimal(getattr(office, "keys_counted", 0)), 0)

    @display(description=_("employees and contacts"), ordering="people_counted")
    def people_count(self, office: Office) -> str:
        """People who are there now."""
        return column(Decimal(getattr(office, "people_counted", 0)), 0)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whoever administers the installation, not somebody with the right in a company."""
        return scope.rights_of_request(request.user).companies_with("access.add_office") is None

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        """The office is known by its company's number."""
        return ["company"] if obj is not None else []

    # Its clients

    def has_show_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether somebody may look at clients."""
        return bool(request.user.has_perm("access.view_clientaccess"))

    def has_clients_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Whether somebody may give offices clients."""
        return bool(request.user.has_perm(ADD_CLIENTS))

    @action(description=_("Show clients"), url_path="show-clients", permissions=("show",))
    def show_clients(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the list."""
        office = self._office(request, object_id)
        return HttpResponseRedirect(_clients_url(office))

    @action(description=_("Add clients"), url_path="add-clients", permissions=("clients",))
    def add_clients_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the page that takes them."""
        office = self._office(request, object_id)
        return HttpResponseRedirect(reverse("admin:access_office_clients", args=[office.pk]))

    def clients_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask which companies, say what that means, and add them all or none."""
        office = self._office(request, str(pk))
        if not request.user.has_perm(ADD_CLIENTS, office):
            raise PermissionDenied
        companies = scope.within(Company.objects.all(), request.user, ADD_CLIENTS)
        form = NewClientsForm(office, companies, request.POST if request.method == "POST" else None)
        if form.is_valid():
            new, present = form.cleaned_data["new"], form.cleaned_data["present"]
            if not is_confirmed(request):
                return ask_about_form(request, _question(request, office, new, present), Office)
            try:
                add_clients(office=office, companies=new)
            except AccessError as error:
                form.add_error(None, str(error))
            else:
                return self._added(request, office, len(new))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Add clients to %(office)s") % {"office": office},
            "form": form,
            "media": form.media,
            "back_url": self._url("change", office.pk),
        }
        return TemplateResponse(request, "admin/access/clients/add.html", context)

    def _added(self, request: HttpRequest, office: Office, count: int) -> HttpResponse:
        text = ngettext(
            "%(count)s company is a client of %(office)s now.",
            "%(count)s companies are clients of %(office)s now.",
            count,
        ) % {"count": number_format(count, force_grouping=True), "office": office}
        messages.success(
            request,
            format_html('{} <a class="row-link" href="{}">{}</a>', text, _clients_url(office), gettext("Show clients")),
        )
        return HttpResponseRedirect(self._url("change", office.pk))

    def _office(self, request: HttpRequest, object_id: str) -> Office:
        known = self.get_queryset(request).select_related("company")
        found = known.filter(pk=int(object_id)).first() if object_id.isdecimal() and len(object_id) < 19 else None
        if found is None:
            raise Http404
        return found


def _question(request: HttpRequest, office: Office, new: Sequence[Company], present: Sequence[Company]) -> Confirmation:
    count = ngettext("%(count)s company", "%(count)s companies", len(new)) % {
        "count": number_format(len(new), force_grouping=True)
    }
    lists = [(gettext("Become clients"), _names(new)), (gettext("Are clients already"), _names(present))]
    return Confirmation(
        title=gettext("Make %(count)s clients of %(office)s?") % {"count": count, "office": office},
        lead=[
            gettext("The office's people reach them at once, with the rights that they have at the office."),
            gettext(
                "Its keys reach them when they are given client access. API access is on until the client turns it off."
            ),
        ],
        lists=[(heading, names) for heading, names in lists if names],
        button=gettext("Add clients"),
        back_url=request.get_full_path(),
    )


def _names(companies: Sequence[Company]) -> list[str]:
    names = [str(company) for company in sorted(companies, key=lambda company: company.number)[:MOST_NAMED]]
    if (more := len(companies) - MOST_NAMED) > 0:
        names.append(ngettext("%(count)s more", "%(count)s more", more) % {"count": number_format(more)})
    return names


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.filter(office=OuterRef("pk")).order_by().values("office").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


def _clients_url(office: Office) -> str:
    address = reverse("admin:access_clientaccess_changelist")
    return f"{address}?{urlencode({'office': office.company.number})}"
