"""The form of a backlog policy: three sentences with blanks."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelect2MultipleWidget, UnfoldAdminTextareaWidget

from access import scope
from access.http.admin.amounts import AmountField
from subscriptions.exceptions import PolicyError
from subscriptions.models import BacklogPolicy
from subscriptions.policies import LIMITS, PolicyWish, lines

MOST = 10**15


class CountField(AmountField):
    """A whole number as people write it: `1 000 000`. Empty is no limit."""

    def __init__(self, **options: Any) -> None:
        super().__init__(decimals=0, min_value=1, required=False, **options)

    def clean(self, value: Any) -> int | None:
        """Read it as a whole number."""
        found: Decimal | None = super().clean(value)
        return None if found is None else int(found)


class People(forms.ModelMultipleChoiceField[User]):
    """Users with the address that is written to."""

    def label_from_instance(self, obj: User) -> str:
        """Their name and address."""
        return f"{obj.get_full_name() or obj.get_username()} ({obj.email})"


class PolicyForm(forms.Form):
    """A backlog policy as its service takes it."""

    warn_rows = CountField(label=_("Rows in the queue, more than"), max_value=MOST)
    warn_hours = CountField(label=_("Age of the oldest row in hours, more than"), max_value=100_000)
    people = People(
        queryset=User.objects.none(),
        label=_("Users"),
        required=False,
        help_text=_("Users with an e-mail address. Each is written to in their own language."),
        widget=UnfoldAdminSelect2MultipleWidget,
    )
    addresses = forms.CharField(
        label=_("Other e-mail addresses"),
        required=False,
        help_text=_("One on each line, such as the integrator's support."),
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
    cut_rows = CountField(label=_("Rows in the queue, more than"), max_value=MOST)
    cut_hours = CountField(label=_("Age of the oldest row in hours, more than"), max_value=100_000)
    grace_hours = CountField(label=_("Hours after the warning was sent"), max_value=100_000)

    def __init__(self, data: Any = None, *, policy: BacklogPolicy, asker: User | AnonymousUser) -> None:
        chosen = list(policy.people.all())
        numbers = {name: getattr(policy, name) for name in LIMITS}
        initial: dict[str, Any] = {
            name: None if number is None else Decimal(number) for name, number in numbers.items()
        }
        super().__init__(data, initial=initial | {"addresses": policy.addresses, "people": chosen})
        people: Any = self.fields["people"]
        people.queryset = _reachable(chosen, asker)

    def clean(self) -> dict[str, Any]:
        """Say what is wrong with it as a whole, at its field."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            if not self.errors:
                self.wish().check()
        except PolicyError as error:
            self.add_error(error.field, forms.ValidationError(str(error), code=error.code))
        return values

    def wish(self) -> PolicyWish:
        """What is asked for."""
        values = self.cleaned_data
        numbers = {name: values[name] for name in LIMITS}
        return PolicyWish(people=list(values["people"]), addresses=lines(values["addresses"]), **numbers)


def _reachable(chosen: list[User], asker: User | AnonymousUser) -> Any:
    """Active users with an address, of those that one may know of, and whoever is chosen already."""
    active = scope.visible(User.objects.filter(is_active=True).exclude(email=""), asker)
    return (active | User.objects.filter(pk__in=[user.pk for user in chosen])).order_by("username")
