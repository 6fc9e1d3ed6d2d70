"""The page of a company's portal: its address, what suppliers may be told, and how what comes is posted."""

from collections.abc import Iterator
from typing import Any, ClassVar, cast

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from access import scope
from inbox import addresses
from inbox.admin.portal_forms import ACCOUNTS, CHANGE, NewPortalForm, PortalForm
from inbox.admin.portal_list import ListOfPortals
from inbox.models import Portal
from ledger.models import Company

VIEW = "inbox.view_portal"
TOLD_IN = ("sv", "nb", "en")  # suppliers are told in their own language, whatever the reader's is


class PageOfPortal(ListOfPortals):
    """What is shown of one, and the part of a company's page that tells of it."""

    form = PortalForm
    autocomplete_fields = ("company",)
    add_words = _("Switch on the e-mail portal of a company")
    change_form_outer_before_template = "admin/inbox/portal/address.html"

    class Media:
        css: ClassVar = {"all": ("revisions/rows.css",)}
        js = ("revisions/copy.js",)

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


def _letters(company: Company, address: str) -> Iterator[tuple[str, str, str]]:
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
