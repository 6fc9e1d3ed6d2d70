"""Who is told of what came: of the first message in quarantine, of a company's first invoice, and of what keeps
messages from being read; never of each."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from access.models import Membership
from inbox.models import IncomingInvoice, Mail
from ledger.models import Company
from notices import kinds
from notices.kinds import Words
from notices.models import Notice
from notices.services import tell

QUARANTINED, FIRST_INVOICE, HELD_UP = "mail_quarantined", "first_invoice", "mails_held_up"


def tell_landed(mail: Mail, invoices: Sequence[IncomingInvoice]) -> None:
    """Tell of a message that has just become something, where that is news."""
    if mail.status == Mail.Status.QUARANTINED:
        others = Mail.objects.filter(company=mail.company, status=Mail.Status.QUARANTINED).exclude(pk=mail.pk)
        if not others.exists():
            _tell(mail.company, QUARANTINED, "change_mail", "admin:inbox_mail_changelist", Notice.Level.WARNING)
    elif invoices and not IncomingInvoice.objects.filter(company=mail.company).exclude(mail=mail).exists():
        page = "admin:inbox_incominginvoice_changelist"
        _tell(mail.company, FIRST_INVOICE, "change_incominginvoice", page, Notice.Level.INFO)


def tell_held_up(kind: str) -> None:
    """Tell whoever sees to the whole installation what keeps messages from being read; at most once a day."""
    parameters, lately = {"by": kind}, timezone.now() - timedelta(days=1)
    for user in people_with("change_mail", None):
        if not Notice.objects.of(user).filter(kind=HELD_UP, parameters=parameters, created_at__gt=lately).exists():
            tell(user=user, kind=HELD_UP, parameters=parameters, url=_url("admin:index"), level=Notice.Level.WARNING)


def people_with(right: str, company: Company | None) -> list[User]:
    """Who has a right of the portal's in a company; where nobody does, who has it next: its office, everywhere, all."""
    return next((list(found) for found in _ways(right, company) if found), [])


def register() -> None:
    """Make the kinds known."""
    kinds.register(
        QUARANTINED,
        lambda said: Words(
            _("A message to %(company)s is in quarantine") % said
            if said["company"]
            else _("A message is in quarantine"),
            _("Look at it: release it, or remove it. You are told again once the quarantine was empty."),
        ),
    )
    kinds.register(
        FIRST_INVOICE,
        lambda said: Words(
            _("The first invoice to %(company)s has come by the e-mail portal") % said,
            _("It waits to be registered. From now on they are in the queue of incoming invoices, without a message."),
        ),
    )
    kinds.register(
        HELD_UP,
        lambda said: Words(
            _("Messages to the e-mail portal wait: the virus scanner doesn't answer")
            if said["by"] == Mail.Obstacle.SCANNER
            else _("Messages to the e-mail portal wait: their storage is away, or another one"),
            _("Nothing is lost. They are read by themselves once it is back."),
        ),
    )


def _tell(company: Company | None, kind: str, right: str, page: str, level: Notice.Level) -> None:
    parameters = {"company": company.name if company else ""}
    for user in people_with(right, company):
        if not Notice.objects.of(user).unread().filter(kind=kind, parameters=parameters).exists():
            tell(user=user, kind=kind, parameters=parameters, url=_url(page), level=level)


def _url(page: str) -> str:
    try:
        return reverse(page)
    except NoReverseMatch:
        return ""


def _ways(right: str, company: Company | None) -> Iterator[QuerySet[User]]:
    if company is not None:
        yield _members(Membership.objects.filter(company=company), right)
        yield _members(Membership.objects.filter(office__client_accesses__company=company), right)
    yield _members(Membership.objects.filter(office=None, company=None), right)
    yield User.objects.filter(is_active=True, is_superuser=True).order_by("pk")


def _members(memberships: QuerySet[Membership], right: str) -> QuerySet[User]:
    named = {"content_type__app_label": "inbox", "codename": right}
    own = Q(**{f"permissions__{name}": value for name, value in named.items()})
    by_group = Q(**{f"groups__permissions__{name}": value for name, value in named.items()})
    with_right = memberships.filter(own | by_group, ended_at=None)
    return User.objects.filter(is_active=True, pk__in=with_right.values("user")).order_by("pk")
