"""Rows that integrations have reported: the list, and one of them with what can be done about it."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminTextareaWidget

from access import scope
from access.http.admin import RegisterAdmin
from access.http.admin.filters import DayFilter, SearchFilter, TypeFilter
from access.http.admin.moments import moment
from access.http.admin.question import ids_in, way_back, with_ids
from revisions import feedback, row_now
from revisions.admin.comparing import compare
from revisions.admin.rows import OPERATIONS, key_words
from revisions.models import Feedback, FeedbackEvent
from revisions.models.feedback import LONGEST_NOTE
from subscriptions.models import Subscription

VIEW, CHANGE, SEND = "revisions.view_feedback", "revisions.change_feedback", "onetime_transfer.add_transfer"
MOST_NAMED = 5
MOST_CODES = 100
MESSAGE_SHOWN = 90

State, Kind = Feedback.State, FeedbackEvent.Kind
LABELS = {State.OPEN: "warning", State.SENT_AGAIN: "info", State.SETTLED: "success", State.DISMISSED: "default"}
ICONS = {
    Kind.REPORTED: "flag",
    Kind.SENT_AGAIN: "move_up",
    Kind.SETTLED: "check_circle",
    Kind.DISMISSED: "chat_bubble",
    Kind.REOPENED: "flag",
}


class CodeFilter(DropdownFilter):
    """One of the codes that integrations have used."""

    title = _("code")
    parameter_name = "code"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The codes of reports within reach."""
        known = scope.visible(Feedback.objects.all(), request.user).order_by("code").values_list("code", flat=True)
        return [(code, code) for code in known.distinct()[:MOST_CODES]]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Keep the reports under one code."""
        return queryset.filter(code=self.value()) if self.value() else queryset


class NoteForm(forms.Form):
    """What to answer."""

    note = forms.CharField(
        label=_("Note"),
        max_length=LONGEST_NOTE,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text=_("The integration sees it."),
    )


@admin.register(Feedback)
class FeedbackAdmin(RegisterAdmin):
    list_display = ("last_report", "integration", "what", "of_company", "said", "shown_state")
    # In a file, which has room, each by itself
    exported_display = (
        "last_report",
        "reported_at",
        "times",
        "integration",
        "what",
        "of_company",
        "code",
        "said",
        "shown_state",
        "note",
    )
    list_select_related = ("subscription", "company")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("subscription", SearchFilter),
        ("company", SearchFilter),
        CodeFilter,
        TypeFilter,
        ("last_reported_at", DayFilter),
    )
    search_fields = ("row_name", "code", "message", "subscription__integration_id")
    search_help_text = _("Row, code, message, integration ID")
    ordering = ("-last_reported_at", "-id")
    exported: ClassVar = {
        "last_report": lambda report: report.last_reported_at,
        "integration": lambda report: report.subscription.integration_id,
        "what": lambda report: f"{report.type.label} {report.row_name}",
        "said": lambda report: report.message,
        "of_company": lambda report: str(report.company),
        "shown_state": lambda report: report.get_state_display(),
    }
    actions = ("send_chosen", "dismiss_chosen")

    class Media:
        css: ClassVar = {"all": ("revisions/rows.css",)}

    # The list

    def get_list_display(self, request: HttpRequest) -> Sequence[str]:
        """The columns of the page, or those of a file."""
        return self.exported_display if getattr(request, "rows_alone", False) else self.list_display

    @display(description=_("last report"), ordering="last_reported_at")
    def last_report(self, report: Feedback) -> str:
        """How long ago, and how often."""
        when = moment(report.last_reported_at)
        if report.times == 1:
            return when
        times = ngettext("%(count)s time", "%(count)s times", report.times)
        return format_html('{} <span class="chosen">{}</span>', when, times % {"count": _grouped(report.times)})

    @display(description=_("integration"), ordering="subscription__integration_id")
    def integration(self, report: Feedback) -> str:
        """Which one couldn't use it."""
        return report.subscription.integration_id

    @display(description=_("Row"), ordering="row_name")
    def what(self, report: Feedback) -> str:
        """The type over the row."""
        return format_html('{} <span class="chosen">{}</span>', report.type.label, report.row_name)

    @display(description=_("company"), ordering="company__number")
    def of_company(self, report: Feedback) -> str:
        """The row's company."""
        return format_html('<span class="cut" title="{0}">{0}</span>', report.company)

    @display(description=_("message"))
    def said(self, report: Feedback) -> str:
        """The beginning of the message, with the code."""
        message = Truncator(report.message).chars(MESSAGE_SHOWN)
        return format_html(
            '<span class="said-in-list"><span class="said-code">{}</span>{}</span>', report.code, message
        )

    @display(description=_("state"), label=LABELS, ordering="state")
    def shown_state(self, report: Feedback) -> tuple[str, str]:
        """Whether it waits for somebody."""
        return report.state, capfirst(report.get_state_display())

    @action(description=_("Send again"), permissions=("send",))
    def send_chosen(self, request: HttpRequest, queryset: QuerySet[Feedback]) -> HttpResponse:
        """Lead to the page that asks."""
        return _ask(reverse("feedback_send"), queryset)

    @action(description=_("Close with a note"), permissions=("dismiss",))
    def dismiss_chosen(self, request: HttpRequest, queryset: QuerySet[Feedback]) -> HttpResponse:
        """Lead to the page that asks."""
        return _ask(reverse("feedback_dismiss"), queryset)

    def has_send_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may send rows again."""
        return bool(request.user.has_perm(SEND))

    def has_dismiss_permission(self, request: HttpRequest) -> bool:
        """Whether somebody may close reports."""
        return bool(request.user.has_perm(CHANGE))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Integrations report, not people."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A report isn't edited; it is answered."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """The clean-up deletes what was answered long ago."""
        return False

    # One of them

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show what was said, the row then and now, and what happened since."""
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        report = self._find(request, object_id)
        now = row_now.find(information_type=report.type, company=report.company_id, key=report.key)
        compared = compare(report.type, report.data, now.line if now else None)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Reported row"),
            "opts": self.opts,
            "original": report,
            "report": report,
            "look": LABELS[State(report.state)],
            "operation": OPERATIONS[str(report.get_operation_display())],
            "key": [(word, report.key[name]) for name, word in key_words(report.type)],
            "compared": compared,
            "differs": any(field.is_marked for field in compared),
            "now": now,
            "events": [(ICONS[Kind(event.kind)], event) for event in report.events.all()],
            "send_url": with_ids(reverse("feedback_send"), [report.pk])
            if report.state in feedback.ANSWERABLE and _may(request, SEND, report)
            else None,
            "dismiss_url": with_ids(reverse("feedback_dismiss"), [report.pk])
            if report.is_open and _may(request, CHANGE, report)
            else None,
            "trace_url": _trace_url(report),
            "row_url": _row_url(request, report, now),
        }
        return TemplateResponse(request, "admin/revisions/feedback.html", context)

    def _find(self, request: HttpRequest, object_id: str) -> Feedback:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        found = self.get_queryset(request).select_related("subscription", "company").filter(pk=int(object_id)).first()
        if found is None:
            raise Http404
        return cast(Feedback, found)


def dismiss(request: HttpRequest) -> HttpResponse:
    """Ask for a note, then close the reports with it."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    known = scope.visible(Feedback.objects.filter(pk__in=ids_in(request), state=State.OPEN), request.user)
    chosen = list(scope.within(known, request.user, CHANGE).select_related("subscription").order_by("-pk"))
    form = NoteForm(request.POST if request.method == "POST" else None)
    back_url = way_back(request, Feedback)
    if form.is_valid():
        closed = feedback.dismiss(
            reports=[report.pk for report in chosen], note=form.cleaned_data["note"], by=cast(User, request.user)
        )
        text = ngettext("%(count)s report is closed.", "%(count)s reports are closed.", closed)
        messages.success(request, text % {"count": _grouped(closed)})
        return HttpResponseRedirect(back_url)
    context = {
        **admin.site.each_context(request),
        "title": _("Close with a note"),
        "opts": Feedback._meta,
        "form": form,
        "chosen": chosen[:MOST_NAMED],
        "count": len(chosen),
        "more": len(chosen) - MOST_NAMED,
        "back_url": back_url,
    }
    return TemplateResponse(request, "admin/revisions/feedback_dismiss.html", context)


def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of a subscription's page that tells of its open reports; nothing where there are none."""
    if not request.user.has_perm("subscriptions.view_subscription"):
        raise PermissionDenied
    subscription = scope.visible(Subscription.objects.filter(pk=pk), request.user).first()
    if subscription is None:
        raise Http404
    reports: list[Feedback] = []
    count = 0
    if request.user.has_perm(VIEW):
        known = scope.visible(Feedback.objects.filter(subscription=subscription, state=State.OPEN), request.user)
        count = known.count()
        reports = list(known.order_by("-last_reported_at", "-pk")[:MOST_NAMED]) if count else []
    listed = urlencode({"subscription__id__exact": subscription.pk, "state__exact": State.OPEN})
    context = {
        "reports": reports,
        "count": count,
        "more": count - len(reports),
        "list_url": f"{reverse('admin:revisions_feedback_changelist')}?{listed}",
    }
    return TemplateResponse(request, "admin/revisions/feedback_notice.html", context)


def _ask(address: str, queryset: QuerySet[Feedback]) -> HttpResponse:
    return HttpResponseRedirect(with_ids(address, queryset.values_list("pk", flat=True)))


def _may(request: HttpRequest, permission: str, report: Feedback) -> bool:
    reach = scope.rights_of_request(request.user).companies_with(permission)
    return reach is None or report.company_id in reach


def _trace_url(report: Feedback) -> str:
    key = {f"key-{name}": report.key[name] for name in row_now.key_names(report.type)}
    return f"{reverse('trace')}?{urlencode({'type': report.type.name, 'company': report.company_id, **key})}"


def _row_url(request: HttpRequest, report: Feedback, now: row_now.RowNow | None) -> str | None:
    """The row's own page, for who may look at it."""
    model = report.type.model
    right = scope.view_right(model)
    if now is None or right is None or not _may(request, right, report):
        return None
    try:
        return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[now.pk])
    except NoReverseMatch:
        return None


def _grouped(count: int) -> str:
    return str(number_format(count, force_grouping=True))
