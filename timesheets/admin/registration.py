"""The pages of one registration: registering, looking, changing."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access import scope
from access.http.admin import RegisterAdmin
from access.http.admin.trace import trace_url
from ledger.exceptions import LedgerError
from ledger.models import Company
from timesheets.admin.approving import APPROVE
from timesheets.admin.registration_forms import (
    EMPTY_LINES,
    LINES,
    CompanyForm,
    LineFormSet,
    RegistrationForm,
    initial_of,
    lines_of,
    tell,
)
from timesheets.exceptions import HoursRefused
from timesheets.models import LEVELS, TimeCategory, TimeTransaction
from timesheets.services.approving import state_of
from timesheets.services.cleaning import WRITABLE
from timesheets.services.saving import Saved, save_registration

ADD = "timesheets.add_timetransaction"
REMEMBERED = "hours-company"
REMEMBERED_DAYS = 92
MOST_NAMES = 300
COPIED = tuple(name for name in WRITABLE if name not in {"external_id", "quantity", "date_in", "date_out"})


def registering(request: HttpRequest, model_admin: RegisterAdmin) -> HttpResponse:
    """Ask for the company first, where there are several; then for the hours."""
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    copied = _copied(request)
    company = copied.company if copied else _company(request)
    if company is None:
        return _ask_company(request, model_admin)
    request.session[REMEMBERED] = company.pk
    # What the buttons beside the hours ask for: the form again, filled in from an earlier day.
    if request.method == "POST" and "copy" in request.POST:
        return _page(request, model_admin, company, *_from_earlier(request, company))
    form = RegistrationForm(request.POST or None, initial=_initial(request, copied))
    lines = _lines(company, _siblings(copied) if copied else [], data=request.POST or None)
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        saved = _save(form, lines, company=company)
        if saved is not None:
            messages.success(request, _told(saved, form))
            return HttpResponseRedirect(_next(request, saved, company))
    return _page(request, model_admin, company, form, lines)


def showing(request: HttpRequest, model_admin: RegisterAdmin, row: TimeTransaction) -> HttpResponse:
    """One registration with all of its rows; who may changes it."""
    if not model_admin.has_view_permission(request, row):
        raise PermissionDenied
    may_change = model_admin.has_change_permission(request, row)
    rows = _siblings(row)
    data = request.POST or None if may_change else None
    form = RegistrationForm(data, initial=initial_of(row))
    lines = _lines(row.company, rows, data=data, known=rows, extra=EMPTY_LINES if may_change else 0)
    if request.method == "POST" and not may_change:
        raise PermissionDenied
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        saved = _save(
            form,
            lines,
            company=row.company,
            uid=row.uid,
            state=request.POST.get("state", ""),
            may_delete_approved=request.user.has_perm(APPROVE, row),
        )
        if saved is not None:
            _tell_changed(request, saved)
            left = saved.rows[0].pk
            return HttpResponseRedirect(reverse("admin:timesheets_timetransaction_change", args=[left]))
    if not may_change:
        for field in (*form.fields.values(), *(one for line in lines for one in line.fields.values())):
            field.disabled = True
    page = _page(request, model_admin, row.company, form, lines, row=row, rows=rows)
    page.context_data = {**(page.context_data or {}), "may_change": may_change, "differing": _differing(rows)}
    return page


def _company(request: HttpRequest) -> Company | None:
    reach: QuerySet[Company] = companies_to_register_in(request)
    chosen = request.GET.get("company", "")
    if chosen.isdecimal() and len(chosen) < 19:
        return get_object_or_404(reach, pk=int(chosen))
    first = list(reach.order_by("pk")[:2])
    return first[0] if len(first) == 1 else None


def companies_to_register_in(request: HttpRequest) -> QuerySet[Company]:
    """Those in which the user may register hours."""
    return Company.objects.filter(scope.reach_of(request.user, ADD).of(Company))


def _ask_company(request: HttpRequest, model_admin: RegisterAdmin) -> HttpResponse:
    companies = companies_to_register_in(request)
    remembered = companies.filter(pk=request.session.get(REMEMBERED, 0)).first()
    form = CompanyForm(request.POST or None, companies=companies, initial={"company": remembered})
    if request.method == "POST" and form.is_valid():
        return HttpResponseRedirect(f"{request.path}?company={form.cleaned_data['company'].pk}")
    context = {
        **model_admin.admin_site.each_context(request),
        "title": _("Register hours"),
        "opts": model_admin.opts,
        "form": form,
        "media": model_admin.media + form.media,
        "back_url": reverse("admin:timesheets_timetransaction_changelist"),
    }
    return TemplateResponse(request, "admin/timesheets/company.html", context)


def _copied(request: HttpRequest) -> TimeTransaction | None:
    key = request.GET.get("copy", "")
    if not key.isdecimal() or len(key) > 18:
        return None
    rows = scope.visible(TimeTransaction.objects.select_related("company"), request.user)
    return get_object_or_404(scope.within(rows, request.user, ADD), pk=int(key))


def _siblings(row: TimeTransaction) -> list[TimeTransaction]:
    rows = TimeTransaction.objects.filter(company=row.company_id, uid=row.uid)
    return list(rows.select_related("time_category").order_by("time_category__number"))


def _initial(request: HttpRequest, copied: TimeTransaction | None) -> dict[str, Any]:
    if copied is None:
        given = {name: request.GET[name] for name in ("employee_id", "employee", "date_in") if name in request.GET}
        return {"date_in": timezone.localdate(), **given}
    days = request.GET.get("days", "")
    return {**_copy_of(copied), "date_in": copied.date_in + timedelta(days=int(days) if days in {"1", "7"} else 1)}


def _copy_of(row: TimeTransaction) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COPIED}


def _lines(
    company: Company,
    shown: Sequence[TimeTransaction],
    *,
    data: Any = None,
    known: Sequence[TimeTransaction] = (),
    extra: int = EMPTY_LINES,
) -> LineFormSet:
    """The lines of a page: of a registration that is there (`known`), or filled in as another one's (`shown`)."""
    categories = list(TimeCategory.objects.filter(company=company).order_by("number")) if extra else []
    initial = lines_of(shown) if known or data is None else None
    made: LineFormSet = LINES(data, initial=initial, categories=categories, known=known, prefix="lines")
    made.extra = extra
    return made


def _from_earlier(request: HttpRequest, company: Company) -> tuple[RegistrationForm, LineFormSet]:
    """The form, filled in from what the employee had the day or the week before."""
    days = 7 if request.POST["copy"] == "week" else 1
    employee, day = request.POST.get("employee_id", ""), _day(request.POST.get("date_in", ""))
    found = None
    if employee.isdecimal() and len(employee) < 19:
        rows = scope.visible(TimeTransaction.objects.filter(company=company), request.user)
        found = rows.filter(employee_id=int(employee), date_in=day - timedelta(days=days)).order_by("pk").first()
    if found is None:
        messages.warning(
            request,
            _("There are no hours of this employee on %(day)s.")
            % {"day": date_format(day - timedelta(days=days), "DATE_FORMAT")},
        )
        name = request.POST.get("employee", "")
        form = RegistrationForm(initial={"employee_id": employee, "employee": name, "date_in": day})
        return form, _lines(company, [])
    form = RegistrationForm(initial={**_copy_of(found), "date_in": day})
    return form, _lines(company, _siblings(found))


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return timezone.localdate()


def _save(form: RegistrationForm, lines: LineFormSet, **options: Any) -> Saved | None:
    """Save by the service; None where something is wrong, which the forms tell."""
    filled = lines.lines(form.hours())
    if any(line.errors for line in lines):
        return None
    if not filled:
        form.add_error(None, _("Fill in hours in at least one time category."))
        return None
    common = (
        form.common()
        if options.get("uid")
        else {name: form.cleaned_data[name] for name in form.cleaned_data if name in WRITABLE}
    )
    try:
        return save_registration(common=common, lines=[line for _form, line in filled], **options)
    except HoursRefused as error:
        tell(error, form, [line for line, _line in filled])
    except LedgerError as error:
        form.add_error(None, str(error))
    return None


def _told(saved: Saved, form: RegistrationForm) -> str:
    values = form.cleaned_data
    return _("Registration %(uid)s is made: %(employee)s, %(day)s.") % {
        "uid": saved.uid,
        "employee": values["employee"] or values["employee_id"],
        "day": date_format(values["date_in"], "DATE_FORMAT"),
    }


def _tell_changed(request: HttpRequest, saved: Saved) -> None:
    if not saved.is_changed:
        messages.info(request, _("Nothing was changed."))
        return
    messages.success(request, _("Registration %(uid)s is changed.") % {"uid": saved.uid})
    if count := saved.approvals_withdrawn:
        text = ngettext(
            "The approval of %(count)s row was withdrawn, since its hours were changed.",
            "The approval of %(count)s rows was withdrawn, since their hours were changed.",
            count,
        )
        messages.warning(request, text % {"count": count})


def _next(request: HttpRequest, saved: Saved, company: Company) -> str:
    if "_addanother" in request.POST:
        day = _day(request.POST.get("date_in", "")) + timedelta(days=1)
        name = request.POST.get("employee", "")
        given = f"employee_id={request.POST['employee_id']}&date_in={day}"
        return (
            f"{request.path}?company={company.pk}&{given}"
            if not name
            else f"{request.path}?copy={saved.rows[0].pk}&days=1"
        )
    return reverse("admin:timesheets_timetransaction_change", args=[saved.rows[0].pk])


def _differing(rows: Sequence[TimeTransaction]) -> list[str]:
    """The names of what the rows of a registration have unlike."""
    names = [name for name in WRITABLE if name != "quantity" and len({getattr(row, name) for row in rows}) > 1]
    return [str(TimeTransaction._meta.get_field(name).verbose_name) for name in names]  # type: ignore[union-attr]


def _page(
    request: HttpRequest,
    model_admin: RegisterAdmin,
    company: Company,
    form: RegistrationForm,
    lines: LineFormSet,
    *,
    row: TimeTransaction | None = None,
    rows: Sequence[TimeTransaction] = (),
) -> TemplateResponse:
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": _("Registration %(uid)s") % {"uid": row.uid} if row else _("Register hours"),
        "opts": model_admin.opts,
        "company": company,
        "form": form,
        "lines": lines,
        "row": row,
        "may_change": True,
        "employees": _employees(request, company),
        "has_categories": row is not None or TimeCategory.objects.filter(company=company, active=True).exists(),
        "may_add_category": request.user.has_perm("timesheets.add_timecategory", company),
        "companies_url": reverse("admin:timesheets_timetransaction_add"),
        "back_url": reverse("admin:timesheets_timetransaction_changelist"),
    }
    if row is not None:
        context |= {
            "state": state_of(TimeTransaction.objects.filter(company=company, uid=row.uid)),
            "approvals": [(one, _approvals(one)) for one in rows],
            "rows": rows,
            "ids": ",".join(str(one.pk) for one in rows),
            "total": sum((one.quantity for one in rows), Decimal(0)),
            "may_approve": request.user.has_perm(APPROVE, row),
            "may_delete": model_admin.has_delete_permission(request, row),
            "may_add": request.user.has_perm(ADD, row),
            "trace_url": trace_url(row) if request.user.has_perm("subscriptions.view_subscription", row) else None,
        }
    return TemplateResponse(request, "admin/timesheets/registration.html", context)


def _approvals(row: TimeTransaction) -> list[tuple[int, bool, str, Any]]:
    return [
        (
            number,
            bool(getattr(row, f"approved_level_{name}")),
            getattr(row, f"approved_level_{name}_by"),
            getattr(row, f"approved_level_{name}_on"),
        )
        for number, name in enumerate(LEVELS, start=1)
    ]


def _employees(request: HttpRequest, company: Company) -> list[tuple[int, str]]:
    """The employees of late, by number, as the page proposes them."""
    since = timezone.localdate() - timedelta(days=REMEMBERED_DAYS)
    rows = scope.visible(TimeTransaction.objects.filter(company=company, date_in__gte=since), request.user)
    named = rows.exclude(employee="").order_by("employee_id", "-date_in").distinct("employee_id")
    return list(named.values_list("employee_id", "employee")[:MOST_NAMES])
