"""Conflicts: the list, and the page where somebody chooses, field by field or row by row."""

from typing import Any, ClassVar, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from access import scope
from access.http.admin import ReadOnlyAdmin
from access.http.admin.amounts import shown as shown_amount
from access.http.admin.confirmation import ask_about_form, is_confirmed
from access.http.admin.filters import DayFilter, SearchFilter
from access.http.admin.moments import moment
from workcopies import resolving
from workcopies.admin.asking import question
from workcopies.admin.choosing_form import ChoosingForm
from workcopies.admin.columns import Columns, names_of
from workcopies.admin.naming import differing, register_of, title_of
from workcopies.admin.sides import Sides, sums_of
from workcopies.choosing import WHOLE, Choice
from workcopies.documents.document import Document
from workcopies.documents.kinds import all_kinds
from workcopies.exceptions import ConflictClosed, TheirsMoved
from workcopies.models import Conflict

Status = Conflict.Status
LABELS = {Status.OPEN: "warning", Status.RESOLVED: "success", Status.SUPERSEDED: "default"}
ICONS = {Status.OPEN: "call_split", Status.RESOLVED: "check_circle", Status.SUPERSEDED: "history"}
SEEN = "seen"


class RegisterFilter(DropdownFilter):
    """One register, by its table."""

    title = _("register")
    parameter_name = "register"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """All that can be in a working copy."""
        kinds = [kind for kind in all_kinds() if not kind.is_read_only]
        return [(kind.register, str(capfirst(str(kind.model._meta.verbose_name_plural)))) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the conflicts of the register."""
        return queryset.filter(register=self.value()) if self.value() else queryset


@admin.register(Conflict)
class ConflictAdmin(ReadOnlyAdmin):
    list_display = ("found", "what", "of_company", "of_copy", "differing", "shown_status")
    list_select_related = ("company", "working_copy")
    list_filter = (
        ("status", ChoicesDropdownFilter),
        ("company", SearchFilter),
        RegisterFilter,
        ("found_at", DayFilter),
    )
    search_fields = ("copy_key", "working_copy__name")
    search_help_text = _("Number, code, or working copy")
    ordering = ("status", "-id")  # open ones first
    exported: ClassVar = {
        "found": lambda conflict: conflict.found_at,
        "what": title_of,
        "of_company": lambda conflict: str(conflict.company),
        "of_copy": lambda conflict: conflict.working_copy.name,
        "differing": differing,
        "shown_status": lambda conflict: conflict.get_status_display(),
    }

    # The list

    @display(description=_("found"), ordering="found_at")
    def found(self, conflict: Conflict) -> str:
        """How long ago."""
        return moment(conflict.found_at)

    @display(description=_("document"), ordering="copy_key")
    def what(self, conflict: Conflict) -> str:
        """The register over the document."""
        return format_html('{} <span class="chosen">{}</span>', register_of(conflict), conflict.name)

    @display(description=_("company"), ordering="company__number")
    def of_company(self, conflict: Conflict) -> str:
        """The document's company."""
        return format_html('<span class="cut" title="{0}">{0}</span>', conflict.company)

    @display(description=_("working copy"), ordering="working_copy__name")
    def of_copy(self, conflict: Conflict) -> str:
        """Which copy it came with."""
        return format_html('<span class="cut" title="{0}">{0}</span>', conflict.working_copy)

    @display(description=_("differs"))
    def differing(self, conflict: Conflict) -> str:
        """What both sides changed."""
        return differing(conflict)

    @display(description=_("state"), label=LABELS, ordering="status")
    def shown_status(self, conflict: Conflict) -> tuple[str, str]:
        """Whether it waits for somebody."""
        return conflict.status, str(capfirst(conflict.get_status_display()))

    # One of them

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the three sides; take what is chosen."""
        conflict = self._find(request, object_id)
        if not _may_see(request, conflict):
            if request.method == "POST":
                raise PermissionDenied
            return self._page(request, conflict)
        if conflict.status != Status.OPEN:
            if request.method == "POST":
                messages.warning(request, str(ConflictClosed.message))
                return HttpResponseRedirect(request.path)
            return self._page(request, conflict, _sides(conflict, resolving.document(conflict.theirs)))
        return self._open(request, conflict)

    def _open(self, request: HttpRequest, conflict: Conflict) -> HttpResponse:
        may_choose = resolving.lacking(conflict, scope.rights_of_request(request.user)) is None
        is_posted = request.method == "POST"
        if is_posted and not may_choose:
            raise PermissionDenied
        sides = _sides(conflict, resolving.theirs_now(conflict))
        form = ChoosingForm(sides.blocks, sides.columns, request.POST if is_posted else None)
        if is_posted and form.is_valid():
            if request.POST.get(SEEN) != resolving.mark_of(sides.theirs):
                form.refuse(str(TheirsMoved.message))
            elif answer := self._take(request, conflict, sides, form):
                return answer
        return self._page(request, conflict, sides, form if may_choose else None)

    def _take(self, request: HttpRequest, conflict: Conflict, sides: Sides, form: ChoosingForm) -> HttpResponse | None:
        """Ask, and then write what was chosen; None where the page has to tell why not."""
        choices = form.choices()
        made = resolving.composed(conflict, sides.theirs, choices)
        names = names_of(sides.columns, [made], company=conflict.company)
        if not form.check_codes(names) or not _is_balanced(made, form):
            return None
        if not is_confirmed(request):
            told = Sides(
                sides.columns,
                {**sides.names, **names},
                base=sides.base,
                mine=sides.mine,
                theirs=sides.theirs,
                result=made,
                choices=choices,
            )
            return ask_about_form(request, question(conflict, told), Conflict)
        try:
            resolving.resolve(
                conflict=conflict,
                choices=choices,
                seen=request.POST[SEEN],
                by=cast(User, request.user),
                rights=scope.rights_of_request(request.user),
            )
        except resolving.REFUSALS as error:
            form.refuse(resolving.reason_of(error, sides.columns.kind.model)[1])
            return None
        return self._go_on(request, conflict)

    def _go_on(self, request: HttpRequest, conflict: Conflict) -> HttpResponse:
        """To the next one that waits, if there is one; else to what became of this one."""
        name = title_of(conflict)
        text = format_html(
            '{} <a href="{}">{}</a>',
            gettext("The conflict is resolved: %(name)s.") % {"name": name},
            request.path,
            gettext("See what became of it"),
        )
        following = self._next(request, conflict)
        messages.success(request, text)
        return HttpResponseRedirect(self._url("change", following) if following else request.path)

    def _next(self, request: HttpRequest, conflict: Conflict) -> int | None:
        """The next open one in the order of the list, beginning anew at its end."""
        others = self.get_queryset(request).filter(status=Status.OPEN).exclude(pk=conflict.pk).order_by("-pk")
        keys = others.values_list("pk", flat=True)
        return keys.filter(pk__lt=conflict.pk).first() or keys.first()

    def _page(
        self,
        request: HttpRequest,
        conflict: Conflict,
        sides: Sides | None = None,
        form: ChoosingForm | None = None,
    ) -> HttpResponse:
        following = self._next(request, conflict)
        context = {
            **self.admin_site.each_context(request),
            "title": gettext("Conflict"),
            "opts": self.opts,
            "original": conflict,
            "conflict": conflict,
            "icon": ICONS[Status(conflict.status)],
            "document": title_of(conflict),
            "sides": sides,
            "form": form,
            **_blocks(sides, form),
            "seen": resolving.mark_of(sides.theirs) if sides else "",
            "has_moved": sides is not None
            and conflict.status == Status.OPEN
            and sides.theirs != resolving.document(conflict.theirs),
            "list_url": self._url("changelist"),
            "next_url": self._url("change", following) if following else None,
            "newer_url": self._newer(conflict),
            "copy_url": _url_of(request, conflict.working_copy),
            "check_in_url": _url_of(request, conflict.check_in),
        }
        return TemplateResponse(request, "admin/workcopies/conflict.html", context)

    def _newer(self, conflict: Conflict) -> str | None:
        """The conflict that has replaced one."""
        if conflict.status != Status.SUPERSEDED:
            return None
        same = Conflict.objects.filter(
            working_copy=conflict.working_copy_id, register=conflict.register, copy_key=conflict.copy_key
        )
        newer = same.filter(pk__gt=conflict.pk).order_by("-pk").values_list("pk", flat=True).first()
        return self._url("change", newer) if newer else None

    def _find(self, request: HttpRequest, object_id: str) -> Conflict:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        known = self.get_queryset(request).select_related("company", "working_copy", "check_in", "resolved_by")
        found = known.filter(pk=int(object_id)).first()
        if found is None:
            raise Http404
        return cast(Conflict, found)


def _sides(conflict: Conflict, theirs: Document | None) -> Sides:
    columns = Columns(resolving.kind_of(conflict))
    base, mine, result = map(resolving.document, (conflict.base, conflict.mine, conflict.resolution))
    return Sides(
        columns,
        names_of(columns, [base, mine, theirs, result], company=conflict.company),
        base=base,
        mine=mine,
        theirs=theirs,
        result=result,
        choices={path: Choice.from_json(kept) for path, kept in conflict.choices.items()},
    )


def _blocks(sides: Sides | None, form: ChoosingForm | None) -> dict[str, Any]:
    """The parts with their forms: those that a side has changed, and those that nobody has."""
    if sides is None:
        return {}
    forms = form.parts if form else {}
    fields, rows = ([(block, forms.get(block.part.path)) for block in part] for part in (sides.fields, sides.rows))
    return {
        "whole": (sides.whole, forms.get(WHOLE)) if sides.is_whole else None,
        "fields": [pair for pair in fields if pair[0].is_changed],
        "same_fields": [block for block, _form in fields if not block.is_changed],
        "rows": [pair for pair in rows if pair[0].is_changed or pair[0].is_beside],
        "same_rows": [block for block, _form in rows if not block.is_changed and not block.is_beside],
        "errors": form.count_errors() if form else 0,
    }


def _is_balanced(made: Document | None, form: ChoosingForm) -> bool:
    """Tell on the page what the service would refuse, in amounts as people write them."""
    difference = sums_of(made).difference
    if made is None or made.rows is None or not difference:
        return True
    text = gettext("Debit and credit differ by %(difference)s. Choose or write rows that sum to zero.")
    form.refuse(text % {"difference": shown_amount(difference)})
    return False


def _may_see(request: HttpRequest, conflict: Conflict) -> bool:
    """Whether somebody may look at the register itself, in the conflict's company."""
    needed = resolving.permission("view", resolving.kind_of(conflict).model)
    return scope.rights_of_request(request.user).may(needed, company=conflict.company_id)


def _url_of(request: HttpRequest, row: Model) -> str | None:
    """A row's own page, for who may look at it."""
    right = scope.view_right(type(row))
    if right is None or not request.user.has_perm(right):
        return None
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return None
