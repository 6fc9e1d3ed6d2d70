"""What is asked of the trace, and what it answers."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from information_types.definition import InformationType
from ledger.models import Company
from revisions.models import ChangeSet, Removal


class Outcome(models.TextChoices):
    """What became of a revision for one integration."""

    NOT_QUEUED_YET = "not_queued_yet", _("not queued yet")
    WAITING = "waiting", _("in the queue, never fetched")
    FETCHED = "fetched", _("fetched, not acknowledged")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    TAKEN = "taken", _("fetched and deleted in one step")
    REMOVED = "removed", _("removed from the queue unread")
    NOT_SENT = "not_sent", _("not sent")
    UNKNOWN = "unknown", _("not known")


class WhyNot(models.TextChoices):
    """Why a revision wasn't queued for an integration, by its subscription as it was then."""

    NO_SUBSCRIPTION = "no_subscription", _("The subscription didn't exist then.")
    INACTIVE = "inactive", _("The subscription was inactive then.")
    TYPE = "type", _("The information type was not in the subscription then.")
    COMPANY = "company", _("The company was not in the subscription then.")
    CLIENT = "client", _("The company was not the accounting office's client then.")
    OWN_CHANGE = "own_change", _("It was the application's own change, and the subscription leaves those out.")
    UNKNOWN = "unknown", _("The subscription was changed past Utkorg's own pages.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sought:
    """Rows of one type and company by parts of their key, among them the type's handle; the others narrow."""

    information_type: InformationType
    company: Company
    key: Mapping[str, str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Fetch:
    """With which key a revision was fetched, when first and last, and how often."""

    key_id: int | None
    key_name: str
    first_at: datetime
    last_at: datetime
    times: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Delivery:
    """What became of a revision for one integration; its subscription may be deleted since.

    `left_by` is the key's name, or the person's of a removal. `needs_transfer`: its `resync` names the type and company
    now, so that a one-off transfer would bring the row as it is today.
    """

    subscription_id: int
    integration_id: str
    name: str
    deleted: bool
    outcome: Outcome
    sequence: int | None = None
    queued_at: datetime | None = None
    fetches: Sequence[Fetch] = ()
    left_at: datetime | None = None
    left_by: str = ""
    removal: Removal.Reason | None = None
    why_not: WhyNot | None = None
    needs_transfer: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Revision:
    """One change of a row, as every integration got it, and its deliveries (of a transferred row: its one)."""

    name: str
    information_type: InformationType
    company_id: int
    company: str
    operation: ChangeSet.Operation
    changed_at: datetime
    origin: str | None
    key: dict[str, Any]
    data: dict[str, Any] | None
    deliveries: Sequence[Delivery]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Found:
    """Revisions, newest first. `next` is the cursor of those that follow; `behind` when the newest changes are so many
    that the index hasn't come to all of them."""

    revisions: Sequence[Revision]
    next: str | None
    traced_since: datetime
    behind: bool
