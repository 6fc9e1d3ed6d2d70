"""Which companies take invoices by mail: their addresses, and how what comes is posted."""

from datetime import timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import CharField, Count, DateTimeField, IntegerField, Model, OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone, translation
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from access import scope
from access.http.admin import RegisterAdmin
from access.http.admin.filters import SearchFilter
from access.http.admin.moments import moment
from access.http.admin.question import Question, ask
from inbox import addresses
from inbox.exceptions import InboxError
from inbox.models import IncomingInvoice, InvoiceAddress, Mail, Portal
from inbox.posting import usual_accounts
from ledger.models import Account, Company

VIEW, CHANGE = "inbox.view_portal", "inbox.change_portal"
ACCOUNTS = {
    "payable_account": "payable",
    "vat_account": "vat",
    "rounding_account": "rounding",
    "expense_account": "expense",
}
WORKS_FOR = (0, 7, 30, 90)  # days
USUALLY_WORKS_FOR = 30
TOLD_IN = ("sv", "nb", "en")  # suppliers are told in their own language, whatever the reader's is


class PortalForm(forms.ModelForm[Portal]):
    """How invoices are posted; an account that is named is one of the company's chart."""

    class Meta:
        model = Portal
        fields = ("series", *ACCOUNTS)

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._known: dict[str, Account] = {}
        if self.instance.pk and "payable_account" in self.fields:
            self._say_what_is_usual()

    def _say_what_is_usual(self) -> None:
        usual = usual_accounts(self.instance.company)
        numbers = {name: getattr(usual, kind) for name, kind in ACCOUNTS.items()}
        named = [*numbers.values(), *(getattr(self.instance, name) for name in ACCOUNTS)]
        accounts = self._accounts(named)
        for name, number in numbers.items():
            account, chosen = accounts.get(number), accounts.get(getattr(self.instance, name))
            said = gettext("Empty: %(account)s.") % {"account": account}
            if account is None:
                said = gettext("The company has no account %(number)s, which is usual: choose one.") % {
                    "number": number
                }
            self.fields[name].help_text = f"{chosen.name}. {said}" if chosen else said

    def _accounts(self, numbers: list[str]) -> dict[str, Account]:
        found = Account.objects.filter(company=self.instance.company_id, number__in=numbers, active=True)
        return {account.number: account for account in found}

    def clean(self) -> dict[str, Any]:
        """Refuse an account that the company hasn't, or doesn't use any more."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        given = {name: values[name] for name in ACCOUNTS if values.get(name)}
        known = self._accounts(list(given.values())) if given else {}
        for name, number in given.items():
            if number not in known:
                text = gettext("The company has no active account %(number)s.") % {"number": number}
                self.add_error(name, forms.ValidationError(text, code="does_not_exist"))
        return values


class NewPortalForm(forms.ModelForm[Portal]):
    """For which company it is switched on."""

    class Meta:
        model = Portal
        fields = ("company",)
        error_messages: ClassVar = {
            "company": {"unique": _("The company has an e-mail portal already: look for it in the list.")}
        }

    asker: Any

    def is_rightful(self) -> bool:
        """Switching it on is changing it: nobody has a right to make one."""
        return scope.may_of_new(self.asker, CHANGE, [self.instance.company_id])


@admin.register(Portal)
class PortalAdmin(RegisterAdmin):
    form = PortalForm
    list_display = ("of_company", "state", "address", "waiting", "last_message")
    list_select_related = ("company",)
    list_filter = ("active", ("company", SearchFilter))
    search_fields = ("company__number", "company__name", "addresses__local_part")
    search_help_text = _("Company, or address")
    ordering = ("company__number",)
    autocomplete_fields = ("company",)
    known_refusals: ClassVar[tuple[type[Exception], ...]] = (InboxError,)
    add_words = _("Switch on the e-mail portal of a company")
    change_form_outer_before_template = "admin/inbox/portal/address.html"
    exported: ClassVar = {
        "of_company": lambda portal: str(portal.company),
        "state": lambda portal: portal.active,
        "address": lambda portal: portal.current or "",
        "waiting": lambda portal: (portal.quarantined or 0) + (portal.to_enter or 0),
        "last_message": lambda portal: portal.last_at,
    }

    class Media:
        css: ClassVar = {"all": ("revisions/rows.css",)}
        js = ("revisions/copy.js",)

    # The list

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

    @display(description=_("company"), ordering="company__number")
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
            told.append(gettext("%(count)s to be entered") % {"count": _grouped(portal.to_enter)})
        return ", ".join(told) or "–"

    @display(description=_("last message"))
    def last_message(self, portal: Any) -> str:
        """How long ago."""
        return moment(portal.last_at)

    # Who may

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may switch portals on."""
        return request.user.has_perm(CHANGE)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """It is switched off; its addresses are never given to another."""
        return False

    # One of them

    def get_urls(self) -> list[URLPattern]:
        """Add what is done with one."""
        views = {
            "switch-off": self.switch_off_view,
            "replace": self.replace_view,
            "end": self.end_view,
        }
        of_company = {"of-company": ("", self.of_company_view), "switch-on": ("switch-on/", self.switch_on_view)}
        ours = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"inbox_portal_{name}")
            for name, view in views.items()
        ]
        # A company may have no portal yet, so these name the company.
        ours += [
            path(f"of-company/<str:number>/{end}", self.admin_site.admin_view(view), name=f"inbox_portal_{name}")
            for name, (end, view) in of_company.items()
        ]
        return [*ours, *super().get_urls()]

    def get_form(self, request: HttpRequest, obj: Model | None = None, change: bool = False, **options: Any) -> Any:
        """A new one asks for its company alone."""
        if obj is None:
            options["form"] = NewPortalForm
        return super().get_form(request, obj, change, **options)

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """How what comes is posted, once there is one."""
        if obj is None:
            return [(None, {"fields": ("company",)})]
        text = _(
            "A voucher is proposed as the supplier's last one was posted. These are for a supplier's first invoice, "
            "and what they leave empty is the usual account."
        )
        return [(_("Posting"), {"fields": ("series", *ACCOUNTS), "description": text})]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The company that a link names."""
        company = str(request.GET.get("company", ""))
        return {"company": company} if company.isdecimal() else {}

    def save_model(self, request: HttpRequest, obj: Portal, form: Any, change: bool) -> None:
        """Switch a new one on by the service."""
        if change:
            super().save_model(request, obj, form, change)
            return
        made = addresses.switch_on(company=obj.company, user=cast(User, request.user))
        obj.pk, obj._state.adding = made.pk, False

    def response_add(self, request: HttpRequest, obj: Portal, post_url_continue: str | None = None) -> HttpResponse:
        """Go to its address."""
        self._tell_on(request, obj)
        return HttpResponseRedirect(self._url("change", obj.pk))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *arguments: Any, obj: Any = None, **options: Any
    ) -> HttpResponse:
        """With the address, and what can be done with it."""
        if obj is not None:
            now = timezone.now()
            every = list(obj.addresses.order_by("-id"))
            address = next((one for one in every if one.replaced_at is None), None)
            earlier = [one for one in every if one.replaced_at is not None]
            context |= {
                "show_save_and_add_another": False,
                "address": address,
                "working": [one for one in earlier if one.works_until > now],
                "over": sum(1 for one in earlier if one.works_until <= now),
                "may_change": request.user.has_perm(CHANGE, obj),
                "mails_url": f"{reverse('admin:inbox_mail_changelist')}?company__id__exact={obj.company_id}"
                if request.user.has_perm("inbox.view_mail", obj)
                else None,
                "letters": list(_letters(obj.company, str(address))) if address else [],
            }
        else:
            context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().render_change_form(request, context, *arguments, obj=obj, **options)

    def of_company_view(self, request: HttpRequest, number: str) -> HttpResponse:
        """The part of a company's page that tells of its portal."""
        company = scope.visible_companies(request.user).filter(number=number).first()
        if company is None:
            raise Http404
        rights = scope.rights_of_request(cast(User, request.user))
        may_view, may_change = (rights.may(right, company=company.pk) for right in (VIEW, CHANGE))
        if not (may_view or may_change):
            raise PermissionDenied
        portal = Portal.objects.filter(company=company).first()
        context = {
            "company": company,
            "portal": portal,
            "address": addresses.current(portal) if portal and portal.active else None,
            "is_shown": may_change or portal is not None,
            "may_change": may_change,
        }
        return TemplateResponse(request, "admin/inbox/portal/of_company.html", context)

    def switch_on_view(self, request: HttpRequest, number: str) -> HttpResponse:
        """Switch a company's on."""
        company = scope.visible_companies(request.user).filter(number=number).first()
        if company is None:
            raise Http404
        may = scope.rights_of_request(cast(User, request.user)).may(CHANGE, company=company.pk)
        if request.method != "POST" or not may:
            raise PermissionDenied
        portal = addresses.switch_on(company=company, user=cast(User, request.user))
        self._tell_on(request, portal)
        return HttpResponseRedirect(self._url("change", portal.pk))

    def switch_off_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, and then refuse its mail."""
        portal = self._find(request, pk)
        back = self._url("change", pk)
        if request.method == "POST":
            addresses.switch_off(company=portal.company)
            text = gettext("The e-mail portal of %(company)s is off: mail to it is refused.")
            messages.success(request, text % {"company": portal.company})
            return HttpResponseRedirect(back)
        question = Question(
            title=gettext("Switch off the e-mail portal of %(company)s?") % {"company": portal.company},
            back_url=back,
            button=gettext("Switch off"),
            lead=[
                gettext(
                    "Mail to its addresses is refused from now on, and the supplier is told so by their mail server."
                ),
                gettext("What has come stays, and can be handled as before."),
                gettext("Switched on again, the company has the same address."),
            ],
        )
        return ask(request, question, Portal)

    def replace_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask how long the old address works, then make another."""
        portal = self._find(request, pk)
        back = self._url("change", pk)
        if request.method == "POST":
            days = request.POST.get("choice", "")
            if days not in map(str, WORKS_FOR):
                raise PermissionDenied
            made = addresses.replace(portal=portal, works_for=timedelta(days=int(days)), user=cast(User, request.user))
            messages.success(request, gettext("The new address is %(address)s.") % {"address": made})
            return HttpResponseRedirect(back)
        question = Question(
            title=gettext("Replace the address of %(company)s?") % {"company": portal.company},
            back_url=back,
            button=gettext("Replace the address"),
            lead=[
                gettext("The company gets a new address, which suppliers have to be told."),
                gettext("When the old one has ended it never works again, and mail to it is refused."),
            ],
            asks=gettext("How long does the old address go on working?"),
            choices=[(str(days), _told_days(days)) for days in WORKS_FOR],
            chosen=str(USUALLY_WORKS_FOR),
        )
        return ask(request, question, Portal)

    def end_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, and then end an earlier address; `pk` is the address's."""
        address = InvoiceAddress.objects.filter(pk=pk, works_until__gt=timezone.now()).first()
        if address is None:
            raise Http404
        self._find(request, address.portal_id)
        back = self._url("change", address.portal_id)
        if request.method == "POST":
            addresses.end(address=address)
            messages.success(request, gettext("%(address)s doesn't work any more.") % {"address": address})
            return HttpResponseRedirect(back)
        last = Mail.objects.filter(address=address).order_by("-id").values_list("received_at", flat=True).first()
        lead = [gettext("Mail to it is refused from now on. It can't be taken back.")]
        if last is not None:
            day = date_format(timezone.localtime(last), "SHORT_DATE_FORMAT")
            lead.append(gettext("The last message to it came on %(day)s.") % {"day": day})
        question = Question(
            title=gettext("End %(address)s now?") % {"address": address},
            back_url=back,
            button=gettext("End the address"),
            lead=lead,
            is_loss=True,
        )
        return ask(request, question, Portal)

    def _find(self, request: HttpRequest, pk: int) -> Portal:
        """One that somebody may change; raises 404, and 403 where they may only look."""
        found = self.get_queryset(request).filter(pk=pk).first()
        if found is None:
            raise Http404
        if not self.has_change_permission(request, found):
            raise PermissionDenied
        return cast(Portal, found)

    def _tell_on(self, request: HttpRequest, portal: Portal) -> None:
        text = gettext("The e-mail portal of %(company)s is on. Tell suppliers the address.")
        messages.success(request, text % {"company": portal.company})


def _letters(company: Company, address: str) -> Any:
    """What suppliers may be told, in each language."""
    for language in TOLD_IN:
        with translation.override(language):
            text = gettext(
                "Send invoices to %(company)s as Peppol UBL, or as PDF with one invoice per file, to %(address)s."
            )
            yield (
                language,
                translation.get_language_info(language)["name_local"],
                text
                % {
                    "company": company.name,
                    "address": address,
                },
            )


def _told_days(days: int) -> str:
    if not days:
        return gettext("Not at all: it ends now")
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}


def _grouped(count: int) -> str:
    return str(number_format(count, force_grouping=True))
