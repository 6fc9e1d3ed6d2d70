"""The groups that every installation is given: rights that go together, by the rule of each.

What a later version of the program, or a later app, brings falls into them by the rule. An installation may change,
rename and delete them: only what is new to the rule is added, and what the rule no longer has is taken away.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.utils.translation import gettext, gettext_noop

from access.belonging import company_permissions
from access.models import DeliveredGroup

# What people and keys may do is the account administrator's to decide.
OF_PEOPLE_AND_KEYS = "access"
FOLLOWED = frozenset(
    {
        "ledger.view_company",
        "subscriptions.view_subscription",
        "revisions.view_feedback",
        "onetime_transfer.view_transfer",
        "onetime_transfer.add_transfer",
    }
)
USE_TIME_API = "timesheets.use_time_api"
INTEGRATED = frozenset({"subscriptions", "revisions", "onetime_transfer"})


@dataclass(frozen=True)
class Delivery:
    """A group by the name that it is kept under, and which rights it has."""

    key: str
    name: str
    has: Callable[[str], bool]

    @property
    def permissions(self) -> frozenset[str]:
        """The rights (``app.codename``) that the rule gives it now."""
        return frozenset(filter(self.has, company_permissions()))


def _looks(permission: str) -> bool:
    return permission.partition(".")[2].startswith("view_")


def _is_of(permission: str, *apps: str) -> bool:
    return permission.partition(".")[0] in apps


DELIVERIES = (
    Delivery(
        "finance_admin",
        gettext_noop("Finance administrator"),
        lambda name: _looks(name) or not _is_of(name, OF_PEOPLE_AND_KEYS, "history"),
    ),
    Delivery("operator", gettext_noop("Operator"), lambda name: name in FOLLOWED),
    Delivery(
        "integrator",
        gettext_noop("Integrator"),
        lambda name: (
            _is_of(name, *INTEGRATED) or (_looks(name) and _is_of(name, "ledger", "timesheets")) or name == USE_TIME_API
        ),
    ),
    Delivery("auditor", gettext_noop("Auditor"), _looks),
    Delivery(
        "account_administrator",
        gettext_noop("Account administrator"),
        lambda name: _looks(name) or _is_of(name, OF_PEOPLE_AND_KEYS),
    ),
)


@cache
def delivered_names() -> frozenset[str]:
    """Return the names that groups are delivered under."""
    return frozenset(delivery.name for delivery in DELIVERIES)


def shown_name(group: Group) -> str:
    """Return a group's name, of a delivered one in the reader's language; an installation's own as it was written."""
    return gettext(group.name) if group.name in delivered_names() else group.name


@transaction.atomic
def deliver(*, using: str) -> None:
    """Give the installation the groups that it hasn't been given, and those it has what is new to their rules."""
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.using(using).values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    given = {one.key: one for one in DeliveredGroup.objects.using(using).select_related("group")}
    for delivery in DELIVERIES:
        wanted = {known[name] for name in delivery.permissions if name in known}
        record = given.get(delivery.key) or _make(delivery, using)
        before = set(record.permissions.values_list("pk", flat=True))
        if record.group is not None:
            record.group.permissions.add(*(wanted - before))
            record.group.permissions.remove(*(before - wanted))
        record.permissions.set(wanted)


def _make(delivery: Delivery, using: str) -> DeliveredGroup:
    groups, name = Group.objects.using(using), delivery.name
    while groups.filter(name=name).exists():
        name = f"{name} (Utkorg)"  # the installation has one of its own by this name
    return DeliveredGroup.objects.using(using).create(key=delivery.key, group=groups.create(name=name))
