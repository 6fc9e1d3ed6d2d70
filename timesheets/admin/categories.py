"""Time categories: what a change rewrites is told before it is made."""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from access.http.admin.confirmation import Confirmation, ask_about_form, is_confirmed
from access.http.admin.filters import SearchFilter
from access.http.admin.owned import OwnedAdmin
from timesheets.models import TimeCategory
from timesheets.services.categories import (
    MOST_COUNTED,
    SHOWN_IN_HOURS,
    change_category,
    create_category,
    delete_category,
    hours_in,
)

MANY = 100
FIELDS = ("name", "category_type", "payable", "active")


@admin.register(TimeCategory)
class TimeCategoryAdmin(OwnedAdmin):
    list_display = ("number", "name", "category_type", "payable", "active", "of_company")
    list_filter = (("company", SearchFilter), ("category_type", ChoicesDropdownFilter), "payable", "active")
    search_fields = ("number", "name")
    search_help_text = _("Number or name")
    ordering = ("company_id", "number")
    fields = ("company", "number", *FIELDS)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask first where many hours would be written anew; tell at the form how many there are."""
        found = self.get_object(request, object_id) if object_id else None
        if found is not None and self.has_change_permission(request, found):
            count = hours_in(found)
            if request.method == "POST" and not is_confirmed(request) and self._is_much(request, found, count):
                return ask_about_form(request, self._question(request, found, count), TimeCategory)
            if count and request.method != "POST":
                messages.info(
                    request,
                    gettext("A changed name, type or paid mark is written to its hours: %(count)s.")
                    % {"count": _shown(count)},
                )
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _is_much(self, request: HttpRequest, found: TimeCategory, count: int) -> bool:
        if count < MANY or "_saveasnew" in request.POST:
            return False
        form = self.get_form(request, found, change=True)(
            request.POST, instance=self.get_object(request, str(found.pk))
        )
        return form.is_valid() and bool(set(form.changed_data) & set(SHOWN_IN_HOURS))

    def _question(self, request: HttpRequest, found: TimeCategory, count: int) -> Confirmation:
        return Confirmation(
            title=gettext("Change %(category)s in all its hours?") % {"category": found},
            lead=[
                gettext("%(count)s rows of hours are written anew, and every subscription of hours is sent them again.")
                % {"count": _shown(count)},
                gettext("Approvals stay. Rows that another system has marked show as changed since."),
            ],
            button=gettext("Change"),
            back_url=request.path,
        )

    def save_model(self, request: HttpRequest, obj: TimeCategory, form: ModelForm[Any], change: bool) -> None:
        """Make or change it by the service."""
        values = {name: form.cleaned_data[name] for name in FIELDS}
        if not change:
            obj.pk = create_category(company=obj.company, number=obj.number, **values).pk
            obj._state.adding = False
            return
        count = change_category(category=TimeCategory.objects.get(pk=obj.pk), **values)
        if count:
            text = ngettext(
                "%(count)s row of hours was written anew.", "%(count)s rows of hours were written anew.", count
            )
            messages.info(request, text % {"count": _shown(count)})

    def delete_by_service(self, obj: Model) -> None:
        """Delete it, unless there are hours in it."""
        delete_category(category=cast(TimeCategory, obj))

    def get_ordering(self, request: HttpRequest) -> Sequence[str]:
        """Along the key."""
        return self.ordering


def _shown(count: int) -> str:
    shown = str(number_format(count, force_grouping=True))
    return gettext("more than %(count)s") % {"count": shown} if count >= MOST_COUNTED else shown
