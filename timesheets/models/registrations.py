"""The information type that hours are. Source: CONTRACT §1, seeds/time-api-no.txt."""

from django.utils.translation import gettext_lazy as _

from information_types.definition import Field, InformationType, Parameter
from information_types.registry import register
from timesheets.models.transactions import LEVELS, TimeTransaction


def _own(*names: str) -> tuple[Field, ...]:
    return tuple(Field(name, name) for name in names)


register(
    InformationType(
        name="time_transactions",
        number=13,
        model=TimeTransaction,
        label=_("Time transactions"),
        group="time",
        key=("company", "uid", "time_category"),
        fields=(
            Field("company", "company__number"),
            *_own("uid"),
            Field("time_category", "time_category__number"),
            *_own("time_category_name", "time_category_type", "time_category_payable", "employee_id", "employee"),
            *_own("date_in", "time_in", "date_out", "time_out", "department_id", "department", "task_id", "task"),
            *_own("classic_duty_id", "classic_duty_code", "classic_duty", "order_id", "order", "project_id"),
            *_own("project_alphanumeric_code", "project", "sub_project_id", "sub_project_alphanumeric_code"),
            *_own("sub_project", "project_phase_id", "phase_alphanumeric_code", "project_phase", "shift_id", "shift"),
            *_own("free_dimension1_id", "free_dimension1", "free_dimension2_id", "free_dimension2", "free_text"),
            *_own(*(f"approved_level_{level}" for level in LEVELS)),
            *_own(*(f"approved_level_{level}_by" for level in LEVELS)),
            *_own(*(f"approved_level_{level}_on" for level in LEVELS)),
            *_own("quantity", "external_id", "correlation_id", "external_status_code", "last_updated_on"),
            *_own("record_state_key"),
        ),
        parameters=(
            Parameter("date_from", "date_from", "date_in", _("From date"), required=True),
            Parameter("date_to", "date_to", "date_in", _("To date"), required=True),
        ),
        amount="quantity",
        date="date_in",
    )
)
