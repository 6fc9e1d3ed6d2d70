"""Subscriptions and what they are missing."""

from collections.abc import Iterable

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from access.clients import clients_of
from access.models import Application, Office
from history.triggers import kept, kept_links
from information_types import registry
from information_types.definition import InformationType
from ledger.models import Company
from subscriptions import triggers
from subscriptions.querysets import SubscriptionQuerySet

integration_id_form = RegexValidator(
    r"^[A-Za-z0-9._-]{1,64}\Z", _("1 to 64 letters (a–z), digits, hyphens, underscores and full stops.")
)

# What the history calls a subscription
NAMED = "{row}.integration_id || ' ' || {row}.name"
NAMED_BY_KEY = f"(select {NAMED.format(row='known')} from subscriptions_subscription known where known.id = {{key}})"

POLICY_OF = ("subscriptions.subscription", "backlog_policy")


class Subscription(models.Model):
    integration_id = models.CharField(
        _("integration ID"),
        max_length=64,
        unique=True,
        validators=[integration_id_form],
        help_text=_(
            "Write the integration ID here. Tell the integrator, so that the same ID is used when information is "
            "fetched: it goes with every call. It must be unique, its case counts, and it never changes."
        ),
    )
    name = models.CharField(
        _("name"), max_length=200, help_text=_("A name, so that you know which subscription it is about.")
    )
    companies = models.ManyToManyField(
        Company,
        through="SubscribedCompany",
        related_name="subscriptions",
        verbose_name=_("companies"),
        blank=True,
        help_text=_(
            "If only some companies are to be included in what is fetched through the API, choose them here. With no "
            "company chosen the subscription is of all companies. Take care not to have companies here that the "
            "integrator won't fetch. The outbox would then fill with lots of needless information, which may weigh "
            "down the integration and the system."
        ),
    )
    negative_selection = models.BooleanField(
        _("all companies except these"),
        default=False,
        help_text=_(
            "To leave out a few companies, choose them in field 3 and say here that the selection is negative: the "
            "subscription is then of all companies except those chosen."
        ),
    )
    active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_(
            "Whether the subscription is active or not. An inactive one queues nothing new, but one-off transfers "
            "work. A change takes effect at once."
        ),
    )
    office = models.ForeignKey(
        Office,
        models.PROTECT,
        related_name="subscriptions",
        verbose_name=_("accounting office"),
        null=True,
        blank=True,
        help_text=_(
            "Whose subscription it is. All companies are then the office's clients, as they are at each moment. One "
            "that leaves the office is queued no more. With none it is the installation's own."
        ),
    )
    application = models.ForeignKey(
        Application,
        models.PROTECT,
        related_name="subscriptions",
        verbose_name=_("application"),
        help_text=_("Keys of this application may fetch the outbox."),
    )
    own_changes = models.BooleanField(
        _("own changes"), default=True, help_text=_("Queue also what the application's own keys have changed.")
    )

    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ("integration_id",)
        permissions = [("fetch_outbox", _("Can fetch and acknowledge an outbox"))]
        triggers = [
            kept(
                name=NAMED,
                company="(select company_id from access_office where id = {row}.office_id)",
                named={"application": ("access_application", "name"), "office": ("access_office", "name")},
                left_out=("created_at",),
            )
        ]

    def __str__(self) -> str:
        return f"{self.integration_id} {self.name}"

    @property
    def information_types(self) -> list[InformationType]:
        """The types subscribed to, in the registry's order."""
        numbers = sorted(chosen.information_type for chosen in self.types.all())
        return [registry.by_number(number) for number in numbers]

    def selects(self, company: Company) -> bool:
        """Whether the company is in the selection."""
        if self.office is not None and not clients_of(self.office).filter(pk=company.pk).exists():
            return False
        chosen = {known.pk for known in self.companies.all()}
        return (company.pk not in chosen) if self.negative_selection else (not chosen or company.pk in chosen)

    def selected_companies(self) -> models.QuerySet[Company]:
        """The companies of the selection, as it stands and as companies and the office's clients stand now."""
        every = Company.objects.all() if self.office is None else clients_of(self.office)
        chosen = self.subscribed_companies.values("company")
        if self.negative_selection:
            return every.exclude(pk__in=chosen)
        return every.filter(pk__in=chosen) if chosen.exists() else every


class SubscribedCompany(models.Model):
    """A company chosen in a subscription; one that is chosen can't be deleted, or the choice would become another."""

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="subscribed_companies")
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["subscription", "company"], name="subscribed_company_once")]
        triggers = kept_links(
            of="subscriptions.subscription",
            key="subscription_id",
            field="companies",
            name=NAMED_BY_KEY,
            shown="(select number from ledger_company where id = {row}.company_id)",
        )

    def __str__(self) -> str:
        return f"{self.subscription_id} {self.company_id}"


class SubscribedType(models.Model):
    """A type chosen in a subscription, by its number in the registry."""

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="types")
    information_type = models.PositiveSmallIntegerField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["subscription", "information_type"], name="subscribed_type_once")
        ]
        triggers = kept_links(
            of="subscriptions.subscription",
            key="subscription_id",
            field="information_types",
            name=NAMED_BY_KEY,
            shown="{row}.information_type",
        )

    def __str__(self) -> str:
        return registry.by_number(self.information_type).name


class ResyncQuerySet(models.QuerySet["Resync"]):
    def settle(
        self, *, subscription: Subscription, information_type: int, companies: Iterable[int], before: object
    ) -> int:
        """Take away what a transfer has brought, unless it became missing again after the transfer began."""
        done = self.filter(subscription=subscription, information_type=information_type, company__in=companies)
        return done.filter(since__lte=before).delete()[0]


class Resync(models.Model):
    """A type and company of which something was not queued, so that the integration needs a one-off transfer."""

    class Reason(models.TextChoices):
        SELECTED = "selected", _("newly in the selection")
        REACTIVATED = "reactivated", _("reactivated")
        CUT = "cut", _("the queue was cut")
        RESTORED = "restored", _("the database was restored")

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="resync")
    information_type = models.PositiveSmallIntegerField()
    company = models.ForeignKey(Company, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=16, choices=Reason.choices)
    since = models.DateTimeField()

    objects = ResyncQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["subscription", "information_type", "company"], name="resync_once"),
            models.CheckConstraint(condition=~Q(reason=""), name="resync_has_reason"),
        ]
        triggers = triggers.count_missing()

    def __str__(self) -> str:
        return f"{registry.by_number(self.information_type).name} {self.company_id}"


class MissingCount(models.Model):
    """Of how many companies a type needs a transfer, for one reason, and since when; kept by `Resync`'s triggers."""

    pk = models.CompositePrimaryKey("subscription_id", "information_type", "reason")
    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="missing_counts", db_index=False)
    information_type = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=16, choices=Resync.Reason.choices)
    companies = models.PositiveIntegerField()
    since = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{registry.by_number(self.information_type).name} {self.companies}"


class BacklogPolicy(models.Model):
    """How long a queue may grow before people are told, and whether it is cut then; without limits, neither."""

    subscription = models.OneToOneField(
        Subscription, models.CASCADE, primary_key=True, related_name="backlog_policy", editable=False
    )
    warn_rows = models.PositiveBigIntegerField(
        _("rows in the queue"), default=1_000_000, null=True, blank=True, validators=[MinValueValidator(1)]
    )
    warn_hours = models.PositiveIntegerField(
        _("age of the oldest row, in hours"), default=48, null=True, blank=True, validators=[MinValueValidator(1)]
    )
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="+",
        verbose_name=_("users"),
        blank=True,
        help_text=_("Users with an e-mail address; each is written to in the language of that user."),
    )
    addresses = models.TextField(
        _("other e-mail addresses"), blank=True, help_text=_("One on each line, such as the integrator's support.")
    )
    cut_rows = models.PositiveBigIntegerField(_("rows in the queue"), null=True, blank=True)
    cut_hours = models.PositiveIntegerField(_("age of the oldest row, in hours"), null=True, blank=True)
    grace_hours = models.PositiveIntegerField(
        _("hours after the warning"), null=True, blank=True, validators=[MinValueValidator(1)]
    )

    class Meta:
        verbose_name = _("backlog policy")
        verbose_name_plural = _("backlog policies")
        default_permissions = ()
        constraints = [
            # A queue is never cut before the limit that warns of it.
            models.CheckConstraint(
                condition=Q(cut_rows=None) | Q(warn_rows__isnull=False, cut_rows__gt=F("warn_rows")),
                name="backlog_cut_by_rows_after_warning",
            ),
            models.CheckConstraint(
                condition=Q(cut_hours=None) | Q(warn_hours__isnull=False, cut_hours__gt=F("warn_hours")),
                name="backlog_cut_by_age_after_warning",
            ),
            models.CheckConstraint(
                condition=Q(grace_hours=None) | Q(warn_rows__isnull=False) | Q(warn_hours__isnull=False),
                name="backlog_grace_after_warning",
            ),
        ]
        triggers = [
            kept(name=NAMED_BY_KEY.format(key="{row}.subscription_id"), part=POLICY_OF, left_out=("subscription",))
        ]

    def __str__(self) -> str:
        return str(self.subscription)

    @property
    def warns(self) -> bool:
        """Whether any limit is set."""
        return self.warn_rows is not None or self.warn_hours is not None

    @property
    def cuts(self) -> bool:
        """Whether the queue may ever be cut by it."""
        return any(limit is not None for limit in (self.cut_rows, self.cut_hours, self.grace_hours))


class PolicyPeopleHistory(BacklogPolicy.people.through):  # type: ignore[name-defined,misc]
    class Meta:
        proxy = True
        default_permissions = ()
        triggers = kept_links(
            of="subscriptions.subscription",
            key="backlogpolicy_id",
            field="backlog_policy__people",
            name=NAMED_BY_KEY,
            shown="(select username from auth_user where id = {row}.user_id)",
        )
