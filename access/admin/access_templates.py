"""Access templates: the delivered ones, which are copied, and each office's own."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.formats import number_format
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from access import access_templates, scope
from access.admin.rights_table import RightsField, names_of
from access.exceptions import AccessError
from access.http.admin import RegisterAdmin
from access.http.admin.amounts import column
from access.http.admin.confirmation import Confirmation, ask_about_form, is_confirmed
from access.models import AccessTemplate, ApiKey, ClientGrant, Office

MOST_KEYS_NAMED = 20


class TemplateForm(forms.ModelForm[AccessTemplate]):
    """A template's name, whose it is, and its rights."""

    permissions = RightsField(label=_("Rights"), required=False)

    class Meta:
        model = AccessTemplate
        fields = ("name", "office", "permissions")

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        if "permissions" in self.fields:
            field: Any = self.fields["permissions"]
            field.queryset = field.queryset.filter(access_templates.permissions_to_choose())

    def clean_permissions(self) -> Any:
        """A template of nothing would let a key do nothing."""
        chosen = self.cleaned_data["permissions"]
        if not chosen:
            raise forms.ValidationError(_("Choose at least one right."), code="empty")
        return chosen


@admin.register(AccessTemplate)
class AccessTemplateAdmin(RegisterAdmin):
    """Who may change one may give keys more or less at once, so a change of one in use asks."""

    form = TemplateForm
    known_refusals: ClassVar[tuple[type[Exception], ...]] = (AccessError,)
    chosen_only = ("office",)
    list_display = ("shown_name", "whose", "rights_count", "used_by")
    list_filter = (("office", admin.RelatedOnlyFieldListFilter),)
    search_fields = ("name",)
    ordering = ("name", "pk")
    fields = ("name", "office", "permissions")
    actions_detail = ("copy",)

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[AccessTemplate]:
        """With how many rights each has and how many clients it is used for."""
        found: QuerySet[AccessTemplate] = super().get_queryset(request).select_related("office")
        rights = AccessTemplate.permissions.through.objects.filter(accesstemplate=OuterRef("pk"))
        grants = _grants(request.user).filter(template=OuterRef("pk"))
        return found.annotate(
            rights_counted=_count(rights, "accesstemplate"), grants_counted=_count(grants, "template")
        )

    @display(description=_("name"), ordering="name")
    def shown_name(self, template: AccessTemplate) -> str:
        """The name, in the reader's language where it is a delivered one."""
        return str(template)

    @display(description=_("accounting office"), ordering="office__name")
    def whose(self, template: AccessTemplate) -> str:
        """The office that it is of."""
        if template.office is not None:
            return str(template.office)
        return gettext("Delivered") if access_templates.is_kept_by_program(template) else gettext("All offices")

    @display(description=_("rights"), ordering="rights_counted")
    def rights_count(self, template: AccessTemplate) -> str:
        """How many rights."""
        return column(Decimal(getattr(template, "rights_counted", 0)), 0)

    @display(description=_("in use for"), ordering="grants_counted")
    def used_by(self, template: AccessTemplate) -> str:
        """How many times it is given: each client of each key counted."""
        count = getattr(template, "grants_counted", 0)
        text = ngettext("%(count)s client access", "%(count)s client accesses", count)
        return text % {"count": _grouped(count)} if count else "–"

    # One template

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes a delivered one; one for all offices whoever administers the installation."""
        return super().has_change_permission(request, obj) and self._is_own(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """As for changing."""
        return super().has_delete_permission(request, obj) and self._is_own(request, "delete", obj)

    def _is_own(self, request: HttpRequest, verb: str, obj: Model | None) -> bool:
        if not isinstance(obj, AccessTemplate):
            return True
        if access_templates.is_kept_by_program(obj):
            return False
        return obj.office_id is not None or _is_for_all_offices(request, verb)

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **options: Any
    ) -> type[ModelForm[Any]]:
        """Offer the offices for which one may make templates; who may for all needn't choose one."""
        form = super().get_form(request, obj, change, **options)
        field: Any = form.base_fields.get("office")
        if field is not None:
            field.queryset = scope.within(Office.objects.all(), request.user, "access.add_accesstemplate")
            field.required = not _is_for_all_offices(request, "add")
            if field.required:
                field.help_text = ""
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        """An office's template stays that office's; what is told is no field."""
        told = ["shown_name", "whose", "rights_told", "used_by_whom"]
        return [] if obj is None else ["office", *told]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[str]:
        """For whoever may only look, what it lets a key do in words."""
        if obj is None:
            return self.fields
        if self.has_change_permission(request, obj):
            return [*self.fields, "used_by_whom"]
        return ["shown_name", "whose", "rights_told", "used_by_whom"]

    @display(description=_("rights"))
    def rights_told(self, template: AccessTemplate) -> SafeString:
        """What it lets a key do, a line for each register."""
        return _list(names_of(template.permissions.select_related("content_type")))

    @display(description=_("in use for"))
    def used_by_whom(self, template: AccessTemplate) -> SafeString | str:
        """The keys that have access by it, and for how many clients."""
        lines = getattr(template, "uses", ())
        return _list(lines) if lines else gettext("No key has access by it.")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A copy of the template that the address names; the office, where there is only one to choose."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        offices = scope.within(Office.objects.all(), request.user, "access.add_accesstemplate")
        if not _is_for_all_offices(request, "add"):
            initial["office"] = offices.values_list("pk", flat=True).first()
        copied = initial.pop("copy", "")
        source = self.get_queryset(request).filter(pk=copied).first() if str(copied).isdecimal() else None
        if source is not None:
            initial["name"] = gettext("Copy of %(name)s") % {"name": source}
            initial["permissions"] = list(source.permissions.values_list("pk", flat=True))
        return initial

    def has_copy_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        """Who may make one may make it of another."""
        return bool(self.has_add_permission(request))

    @action(description=_("Copy"), url_path="copy", permissions=("copy",))
    def copy(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Lead to the form of a new one with the same rights."""
        if not object_id.isdecimal() or not self.get_queryset(request).filter(pk=object_id).exists():
            raise Http404
        return HttpResponseRedirect(f"{self._url('add')}?copy={object_id}")

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> AccessTemplate | None:
        """The template, with who uses it."""
        found: Any = super().get_object(request, object_id, from_field)
        if found is not None:
            found.uses = _uses(found, request.user)
        return cast("AccessTemplate | None", found)

    # A change of one in use

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Ask before keys that are in use gain or lose rights."""
        if request.method == "POST" and object_id is not None and not is_confirmed(request):
            template = self.get_object(request, object_id)
            if template is not None and self.has_change_permission(request, template):
                question = self._question(request, template)
                if question is not None:
                    return ask_about_form(request, question, AccessTemplate)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _question(self, request: HttpRequest, template: AccessTemplate) -> Confirmation | None:
        uses, before = _uses(template, request.user), set(template.permissions.select_related("content_type"))
        form = self.get_form(request, template, change=True)(request.POST, instance=template)
        if not uses or not form.is_valid():
            return None
        after = set(form.cleaned_data["permissions"])
        gained, lost = names_of(_sorted(after - before)), names_of(_sorted(before - after))
        if not gained and not lost:
            return None
        lists = [(gettext("It concerns"), uses), (gettext("They may from now on"), gained)]
        return Confirmation(
            title=gettext("Change the access template %(name)s?") % {"name": template},
            lead=[gettext("The change takes effect at once, for every client for which the template was chosen.")],
            lists=[(heading, items) for heading, items in (*lists, (gettext("They may no longer"), lost)) if items],
            button=gettext("Change the template"),
            back_url=self._url("change", template.pk),
            is_loss=bool(lost),
        )

    # Deleting

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Sequence[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, Any], set[str], list[str]]:
        """Of one in use, by whom it is used."""
        rows, counts, lacking, _in_the_way = super().get_deleted_objects(objs, request)
        uses = ((template, _uses(template, request.user)) for template in objs if access_templates.use_of(template))
        in_the_way = [f"{template}: {', '.join(keys)}" for template, keys in uses]
        return rows, counts, lacking, in_the_way

    def delete_by_service(self, obj: Model) -> None:
        """Delete one that nobody uses."""
        access_templates.delete_template(template=cast(AccessTemplate, obj))


def _is_for_all_offices(request: HttpRequest, verb: str) -> bool:
    return scope.rights_of_request(request.user).companies_with(f"access.{verb}_accesstemplate") is None


def _grants(user: Any) -> QuerySet[ClientGrant]:
    """Those of companies of which the reader may know."""
    return scope.within(ClientGrant.objects.all(), user, "access.view_accesstemplate")


def _count(rows: QuerySet[Any], by: str) -> Coalesce:
    return Coalesce(Subquery(rows.order_by().values(by).annotate(n=Count("pk")).values("n")), 0)


def _uses(template: AccessTemplate, user: Any) -> list[str]:
    grants = _grants(user).filter(template=template)
    keys = ApiKey.objects.filter(client_grants__in=grants).select_related("application")
    counted: Any = keys.annotate(clients=Count("client_grants")).order_by("-clients", "pk")
    lines = [
        ngettext("%(key)s, for %(count)s client", "%(key)s, for %(count)s clients", key.clients)
        % {"key": f"{key.application}: {key.name}", "count": _grouped(key.clients)}
        for key in counted[:MOST_KEYS_NAMED]
    ]
    more = counted.count() - MOST_KEYS_NAMED if len(lines) == MOST_KEYS_NAMED else 0
    if more > 0:
        lines.append(ngettext("%(count)s more key", "%(count)s more keys", more) % {"count": _grouped(more)})
    return lines


def _sorted(permissions: set[Any]) -> list[Any]:
    return sorted(permissions, key=lambda permission: permission.pk)


def _list(lines: Sequence[str]) -> SafeString:
    return format_html_join("", '<div class="rights-line">{}</div>', ((line,) for line in lines))


def _grouped(number: int) -> str:
    return number_format(number, force_grouping=True)
