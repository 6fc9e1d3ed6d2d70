"""The base of every list and page of rows."""

import copy
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import get_fields_from_path, quote, unquote
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR
from django.contrib.auth import get_permission_codename
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Model, ProtectedError, QuerySet, RestrictedError
from django.forms import ModelChoiceField, ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from access import scope
from access.belonging import is_of_companies, permissions_of_model
from access.http.admin.deletion import look
from access.http.admin.export import ExportMixin
from access.http.admin.filters import SearchFilter
from access.http.admin.links import links_of
from access.http.admin.listing import RegisterList
from access.http.admin.paginator import BoundedPaginator
from access.http.admin.refusals import Refusal, RefusedForm, refusal_of
from access.http.admin.rightful import RightfulForm
from access.http.admin.trace import trace_url
from history.models import Change
from history.rendering import as_html, who
from history.triggers import subjects
from ledger.exceptions import LedgerError

MOST_ENTRIES = 200


class RegisterAdmin(ExportMixin, ModelAdmin):
    """Lists of any length; whatever services or the database refuse comes back as a message at its field.

    `known_refusals` are the exceptions of the app's services; `natural_key_fields` of the model are given once.
    """

    known_refusals: ClassVar[tuple[type[Exception], ...]] = (LedgerError,)

    # Fields of forms that choose among what there is, without menus to make and change it
    chosen_only: ClassVar[tuple[str, ...]] = ("company", "subscription", "application")

    change_list_template = "admin/register_list.html"
    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # each choice's count would read the whole register
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Sequence[str]:
        """What names a row to integrations never changes."""
        fixed = getattr(self.model, "natural_key_fields", ()) if obj else ()
        return [*fixed, *super().get_readonly_fields(request, obj)]

    def get_paginator(self, request: HttpRequest, *arguments: Any, **options: Any) -> BoundedPaginator:
        """Count from the page that is looked at."""
        made: BoundedPaginator = super().get_paginator(request, *arguments, **options)
        return made.look_at(request.GET.get(PAGE_VAR, 1))

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        """The list's own kind."""
        return RegisterList

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """Leave out the menus that would change what the row belongs to."""
        field = super().formfield_for_dbfield(db_field, request, **options)
        if db_field.name in self.chosen_only and field is not None:
            for link in ("add", "change", "delete", "view"):
                setattr(field.widget, f"can_{link}_related", False)
        return field

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *arguments: Any, obj: Model | None = None, **options: Any
    ) -> HttpResponse:
        """With the way to the row's trace, for who may follow it, and to what other apps know of it."""
        if obj is not None:
            context["links"] = links_of(request, obj)
        if obj is not None and request.user.has_perm("subscriptions.view_subscription", obj):
            context["trace_url"] = trace_url(obj)
        page: HttpResponse = super().render_change_form(request, context, *arguments, obj=obj, **options)
        return page

    # What the user may do with one row

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """In the row's company; of no row in particular, somewhere."""
        return self._has(request, "view", obj) or self._has(request, "change", obj)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """In the row's company; of no row in particular, somewhere."""
        return self._has(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """In the row's company; of no row in particular, somewhere."""
        return self._has(request, "delete", obj)

    def _has(self, request: HttpRequest, verb: str, obj: Model | str | None) -> bool:
        permission = f"{self.opts.app_label}.{get_permission_codename(verb, self.opts)}"
        if isinstance(obj, str):
            # The library's buttons of a row's page ask with its key alone.
            key = int(obj) if obj.isdecimal() and len(obj) < 19 else None
            return scope.may_by_key(request.user, permission, self.opts.concrete_model, key)
        return request.user.has_perm(permission, obj)

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Do what was chosen to those of the chosen rows for which the user has the right to it."""
        found = self.get_actions(request).get(request.POST.get("action", ""))
        allowed = queryset
        for verb in getattr(found[0], "allowed_permissions", ()) if found else ():
            codename = get_permission_codename(verb, self.opts)
            if codename in permissions_of_model(self.model):
                allowed = scope.within(allowed, request.user, f"{self.opts.app_label}.{codename}")
        if allowed is not queryset:
            self._tell_left_out(request, queryset, allowed)
        answer: HttpResponse | None = super().response_action(request, allowed)
        return answer

    def _tell_left_out(self, request: HttpRequest, queryset: QuerySet[Any], allowed: QuerySet[Any]) -> None:
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if request.POST.get("select_across", "0") != "0" or not all(key.isdecimal() for key in chosen):
            return
        count = queryset.filter(pk__in=chosen).count() - allowed.filter(pk__in=chosen).count()
        if count:
            text = ngettext(
                "%(count)s of the chosen rows is left out: you lack the right to do this in its company.",
                "%(count)s of the chosen rows are left out: you lack the right to do this in their companies.",
                count,
            )
            self.message_user(request, text % {"count": count}, messages.WARNING)

    # What the user may know of

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows within the user's reach: of the list, of each row's page, of searches, choices and exports."""
        every: QuerySet[Any] = super().get_queryset(request)
        return scope.visible(every, request.user)

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> QuerySet[Any]:
        """What a field that refers to other rows may be given."""
        every: QuerySet[Any] | None = super().get_field_queryset(db, db_field, request)
        if every is None:
            every = db_field.remote_field.model._default_manager.using(db).all()
        return scope.visible(cast("QuerySet[Any]", every), request.user)

    def get_list_filter(self, request: HttpRequest) -> Sequence[Any]:
        """Without those that search among what the user may not look at."""
        return [one for one in super().get_list_filter(request) if self._may_search(request, one)]

    def _may_search(self, request: HttpRequest, shown: Any) -> bool:
        if not isinstance(shown, tuple | list) or not issubclass(shown[1], SearchFilter):
            return True
        model = get_fields_from_path(self.model, shown[0])[-1].related_model
        searched = self.admin_site._registry.get(cast(Any, model))
        return searched is None or searched.has_view_permission(request)

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        """Django's way to the first page would tell that the address means something."""
        raise Http404

    # Refusals

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form again, with the reason, when what it asks for is refused; nothing is written then."""
        page: HttpResponse
        try:
            with transaction.atomic():
                page = super().changeform_view(request, object_id, form_url, extra_context)
        except self._refusable as error:
            self._set_refusal(request, error)
            page = super().changeform_view(request, object_id, form_url, extra_context)
        return page

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **options: Any
    ) -> type[ModelForm[Any]]:
        """The form, which asks for the right in the row's company; after a refusal one that says so."""
        made: type[ModelForm[Any]] = super().get_form(request, obj, change, **options)
        found: Refusal | None = getattr(request, "refusal", None)
        bases = (RightfulForm, made) if found is None else (RefusedForm, RightfulForm, made)
        form: type[ModelForm[Any]] = type(made.__name__, bases, {"refusal": found, "asker": request.user})
        for name, field in form.declared_fields.items():
            if isinstance(field, ModelChoiceField) and name in form.base_fields:
                # Written in the form itself, so that it is every request's: each gets its own.
                own = form.base_fields[name] = copy.deepcopy(field)
                own.queryset = scope.visible(cast(QuerySet[Any], own.queryset), request.user)
        return form

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Go back to the row, with the reason, when it can't be deleted."""
        try:
            with transaction.atomic():
                page: HttpResponse = super().delete_view(request, object_id, extra_context)
        except self._refusable as error:
            self._tell(request, error)
            return HttpResponseRedirect(self._url("change", quote(object_id)))
        return page

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Go back to the list, with the reason, when an action is refused; then none of its rows is touched."""
        page: HttpResponse
        if "%00" in request.META["QUERY_STRING"]:
            # No text in the database holds it, and PostgreSQL refuses to be asked for it.
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
        if request.method != "POST":
            page = super().changelist_view(request, extra_context)
            return page
        try:
            with transaction.atomic():
                page = super().changelist_view(request, extra_context)
        except self._refusable as error:
            self._tell(request, error)
            return HttpResponseRedirect(request.get_full_path())
        return page

    # What happened to a row

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """What was changed of the configuration, by whom, from which value to which; of registers what Django keeps."""
        subject = self.opts.concrete_model._meta.label_lower
        if subject not in subjects():
            page: HttpResponse = super().history_view(request, object_id, extra_context)
            return page
        found = self.get_object(request, unquote(object_id))
        if found is None:
            raise Http404
        if not self.has_view_permission(request, found):
            raise PermissionDenied
        entries = Change.objects.filter(subject=subject, object_id=found.pk).order_by("-id")[: MOST_ENTRIES + 1]
        told = [{"entry": entry, "who": who(entry), "difference": as_html(entry)} for entry in entries]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Change history: %s") % found,
            "opts": self.opts,
            "object": found,
            "entries": told[:MOST_ENTRIES],
            "has_more": len(told) > MOST_ENTRIES,
            "subject": subject,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/register_history.html", context)

    @property
    def _refusable(self) -> tuple[type[Exception], ...]:
        return (*self.known_refusals, LedgerError, ValidationError, DatabaseError, ProtectedError, RestrictedError)

    def _set_refusal(self, request: HttpRequest, error: Exception) -> None:
        request.refusal = self._refusal(error)  # type: ignore[attr-defined]

    def _refusal(self, error: Exception) -> Refusal:
        found = refusal_of(error, self.known_refusals)
        if found is None:
            raise error
        return found

    def _tell(self, request: HttpRequest, error: Exception) -> None:
        self.message_user(request, self._refusal(error).message, messages.ERROR)

    def _url(self, page: str, *arguments: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}", args=arguments)

    # Deleting

    def get_deleted_objects(
        self, objs: QuerySet[Any] | Sequence[Model], request: HttpRequest
    ) -> tuple[list[Any], dict[str, Any], set[str], list[str]]:
        """What Django's confirmation shows, without loading all that is related."""
        found = look(objs, self.model)
        lacking = {
            str(model._meta.verbose_name)
            for model in found.models
            if (self.admin_site.is_registered(model) or (is_of_companies(model) and not model._meta.auto_created))
            and not self._may_delete(request, model, found.rows)
        }
        return [self._named(row) for row in found.rows], found.counts, lacking, found.in_the_way

    def _may_delete(self, request: HttpRequest, model: type[Model], rows: Sequence[Model]) -> bool:
        """Whether what goes along of a model may be deleted, in the company of each of the rows that it goes with."""
        permission = f"{model._meta.app_label}.delete_{model._meta.model_name}"
        if not request.user.has_perm(permission):
            return False
        if scope.may_everywhere(request.user, permission) or not is_of_companies(model):
            return True
        return all(request.user.has_perm(permission, row) for row in rows)

    def _named(self, row: Model) -> str:
        return format_html("{} {}", str(self.opts.verbose_name).capitalize(), row)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Delete one row; what is in its way was looked for before."""
        self.delete_by_service(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete the chosen rows in the same way as one."""
        for obj in queryset:
            self.delete_by_service(obj)

    def delete_by_service(self, obj: Model) -> None:
        """Delete a row; an app with a service for it uses that."""
        obj.delete()


class ReadOnlyAdmin(RegisterAdmin):
    """Rows that something else writes: nobody makes, changes or deletes them here."""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """None: whatever would be done to them is done elsewhere."""
        return {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody may."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody may."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody may."""
        return False
