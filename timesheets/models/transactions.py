"""Time transactions: what a registration of hours is in one category."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from information_types.changes import changed_at, changed_at_moves
from ledger.models import Company
from ledger.triggers import natural_key_never_changes, references_of_company
from timesheets import triggers
from timesheets.models.categories import TimeCategory

LEVELS = ("one", "two", "three", "four")
FILTERED = (
    "time_category",
    "time_category_type",
    "time_category_payable",
    "employee_id",
    "department_id",
    "task_id",
    "order_id",
    "project_id",
    "sub_project_id",
    "project_phase_id",
    "shift_id",
    "free_dimension1_id",
    "free_dimension2_id",
    *(f"approved_level_{level}" for level in LEVELS),
    "external_status_code",
    "last_updated_on",
)


def _id(name: Any, *, null: bool = True) -> "models.BigIntegerField[Any, Any]":
    return models.BigIntegerField(name, null=null, blank=null)


def _text(name: Any, *, max_length: int = 200) -> "models.CharField[Any, Any]":
    return models.CharField(name, max_length=max_length, blank=True)


def _level(name: Any) -> "models.PositiveSmallIntegerField[Any, Any]":
    return models.PositiveSmallIntegerField(name, null=True, blank=True, editable=False)


def _approver(name: Any) -> "models.CharField[Any, Any]":
    return models.CharField(name, max_length=150, blank=True, editable=False)


def _approved_on(name: Any) -> "models.DateTimeField[Any, Any]":
    return models.DateTimeField(name, null=True, blank=True, editable=False)


class TimeTransaction(models.Model):
    """Hours of an employee in one time category; registrations with several categories share their `uid`.

    Clock times are local to the company. Source: seeds/time-api-no.txt ("Returdata").
    """

    natural_key_fields: ClassVar[tuple[str, ...]] = ("company", "uid", "time_category")

    company = models.ForeignKey(
        Company, models.PROTECT, related_name="time_transactions", verbose_name=_("company"), db_index=False
    )
    uid = models.BigIntegerField(_("registration"), editable=False)
    time_category = models.ForeignKey(
        TimeCategory, models.PROTECT, related_name="time_transactions", verbose_name=_("time category")
    )
    employee_id = _id(_("employee number"), null=False)
    employee = _text(_("employee"))
    date_in = models.DateField(_("start date"))
    time_in = models.TimeField(_("start time"), null=True, blank=True)
    date_out = models.DateField(_("end date"), null=True, blank=True)
    time_out = models.TimeField(_("end time"), null=True, blank=True)
    quantity = models.DecimalField(_("hours"), max_digits=9, decimal_places=2)
    department_id = _id(_("department number"))
    department = _text(_("department"))
    task_id = _id(_("task number"))
    task = _text(_("task"))
    classic_duty_id = _id(_("duty number"))
    classic_duty_code = _text(_("duty code"), max_length=64)
    classic_duty = _text(_("duty"))
    order_id = _id(_("order number"))
    order = _text(_("order"))
    project_id = _id(_("project number"))
    project_alphanumeric_code = _text(_("project code"), max_length=64)
    project = _text(_("project"))
    sub_project_id = _id(_("sub-project number"))
    sub_project_alphanumeric_code = _text(_("sub-project code"), max_length=64)
    sub_project = _text(_("sub-project"))
    project_phase_id = _id(_("phase number"))
    phase_alphanumeric_code = _text(_("phase code"), max_length=64)
    project_phase = _text(_("phase"))
    shift_id = _id(_("shift number"))
    shift = _text(_("shift"))
    free_dimension1_id = _id(_("free dimension 1 number"))
    free_dimension1 = _text(_("free dimension 1"))
    free_dimension2_id = _id(_("free dimension 2 number"))
    free_dimension2 = _text(_("free dimension 2"))
    free_text = _text(_("free text"), max_length=1000)
    external_id = models.CharField(
        _("external id"),
        max_length=64,
        blank=True,
        help_text=_("The other system's own id, unique with the time category: the same again changes the row."),
    )

    approved_level_one = _level(_("approved level 1"))
    approved_level_two = _level(_("approved level 2"))
    approved_level_three = _level(_("approved level 3"))
    approved_level_four = _level(_("approved level 4"))
    approved_level_one_by = _approver(_("approved level 1 by"))
    approved_level_two_by = _approver(_("approved level 2 by"))
    approved_level_three_by = _approver(_("approved level 3 by"))
    approved_level_four_by = _approver(_("approved level 4 by"))
    approved_level_one_on = _approved_on(_("approved level 1 at"))
    approved_level_two_on = _approved_on(_("approved level 2 at"))
    approved_level_three_on = _approved_on(_("approved level 3 at"))
    approved_level_four_on = _approved_on(_("approved level 4 at"))
    external_status_code = models.CharField(_("external status code"), max_length=64, blank=True, editable=False)
    external_status_set_on = models.DateTimeField(_("external status set at"), null=True, blank=True, editable=False)
    correlation_id = models.CharField(_("correlation id"), max_length=64, blank=True, editable=False)
    # The database's trigger fills these: what the category says, and what follows from the row itself.
    time_category_name = models.CharField(_("name of time category"), max_length=200, editable=False, db_default="")
    time_category_type = models.CharField(
        _("type of time category"), max_length=1, choices=TimeCategory.Type.choices, editable=False, db_default=""
    )
    time_category_payable = models.BooleanField(pgettext_lazy("hours", "paid"), editable=False, db_default=True)
    record_state_key = models.CharField(_("record state key"), max_length=64, editable=False, db_default="")
    last_updated_on = models.DateTimeField(_("last updated"), editable=False, db_default=triggers.CLOCK)
    changed_at = changed_at()

    class Meta:
        verbose_name = _("time transaction")
        verbose_name_plural = _("time transactions")
        ordering = ("-date_in", "-id")
        permissions = [
            ("approve_timetransaction", _("Can approve hours")),
            ("use_time_api", _("Can use the time API")),
        ]
        indexes = [
            # the admin's list, and the time API, which counts by what stands in the index alone
            models.Index(fields=["company", "date_in", "id"], include=FILTERED, name="time_by_day"),
            models.Index(fields=["company", "changed_at"], name="time_by_change"),  # `changed_since`
            # the work list of one employee
            models.Index(fields=["company", "employee_id", "date_in"], name="time_by_employee"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["company", "uid", "time_category"], name="time_transaction_key"),
            models.UniqueConstraint(
                fields=["company", "external_id", "time_category"],
                condition=~Q(external_id=""),
                name="time_transaction_external_id",
            ),
            models.CheckConstraint(
                condition=Q(date_out__isnull=True) | Q(date_out__gte=F("date_in")),
                name="time_transaction_days_in_order",
            ),
            *(
                models.CheckConstraint(
                    condition=Q(
                        **{f"approved_level_{level}": 1, f"approved_level_{level}_on__isnull": False},
                    )
                    | Q(
                        **{
                            f"approved_level_{level}__isnull": True,
                            f"approved_level_{level}_by": "",
                            f"approved_level_{level}_on__isnull": True,
                        }
                    ),
                    name=f"time_transaction_level_{level}",
                )
                for level in LEVELS
            ),
        ]
        triggers = [
            natural_key_never_changes("company_id", "uid", "time_category_id"),
            triggers.filled(),
            changed_at_moves(),
            *references_of_company(time_category="timesheets_timecategory"),
        ]

    def __str__(self) -> str:
        return f"{self.uid} {self.time_category_name}".rstrip()

    @property
    def changed_since_status(self) -> bool:
        """Whether the row was changed after another system marked it as taken over."""
        return self.external_status_set_on is not None and self.last_updated_on > self.external_status_set_on
