"""What is done with a company's portal: switched on and off, its address replaced, an earlier one ended."""

from datetime import timedelta
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from access import scope
from access.http.admin.question import Question, ask
from inbox import addresses
from inbox.admin.portal_forms import CHANGE
from inbox.admin.portal_page import PageOfPortal
from inbox.models import InvoiceAddress, Mail, Portal

WORKS_FOR = (0, 7, 30, 90)  # days
USUALLY_WORKS_FOR = 30


@admin.register(Portal)
class PortalAdmin(PageOfPortal):
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

    # Who may

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Who may switch portals on."""
        return request.user.has_perm(CHANGE)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """It is switched off; its addresses are never given to another."""
        return False

    # What is done with one

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


def _told_days(days: int) -> str:
    if not days:
        return gettext("Not at all: it ends now")
    return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
