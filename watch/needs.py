"""What needs a person, the most urgent first, each with the way to mend it."""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Count, Max, Window
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.models import ApiKey, KeyLetter
from access.scope import may_everywhere, rights_of_request, visible, within
from inbox.models import Mail
from notices.letters import reach_people
from onetime_transfer.models import Transfer
from revisions.messages import what_is_gone
from revisions.models import Feedback
from revisions.taking_in.outlook import counted
from subscriptions.models import Subscription
from watch import wording
from watch.ages import age
from watch.lines import Line
from watch.models import Letter
from watch.signs import Signs
from workcopies.models import Conflict

VIEW, CHANGE = "subscriptions.view_subscription", "subscriptions.change_subscription"
MOST_OF_A_KIND = 3
MOST_COUNTED = 1000
MESSAGE_SHOWN = 100
KEYS_EXPIRE_WITHIN = timedelta(days=14)
LETTERS_OF = timedelta(days=7)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Need:
    """Something that waits for a person: what it is, what to do, and the page where it is done."""

    kind: str
    text: str
    advice: str
    action: str = ""
    url: str = ""
    is_severe: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Group:
    """Needs of one kind: the first few, and how many more there are."""

    kind: str
    needs: Sequence[Need]
    more: int


def of(lines: Sequence[Line], signs: Signs, *, user: User | AnonymousUser) -> list[Group]:
    """Everything that needs somebody who may see these subscriptions."""
    found = [
        *(_of_the_installation(signs) if may_everywhere(user, VIEW) else ()),
        *_over_their_limits(lines),
        *_forgotten(lines),
        *_unsent_letters(lines, signs.now, user),
        *_unsent_letters_of_keys(user, signs.now),
        *_transfers(user),
        *_reported(user),
        *_conflicts(user, signs),
        *_quarantined(user, signs),
        *_invoices(user, signs),
        *_incomplete(lines, user),
        *_keys(user, signs.now),
    ]
    groups = [_group(kind, list(needs)) for kind, needs in groupby(found, key=lambda need: need.kind)]
    return sorted(groups, key=lambda group: not group.needs[0].is_severe)


def _group(kind: str, needs: list[Need]) -> Group:
    first = sorted(needs, key=lambda need: not need.is_severe)[:MOST_OF_A_KIND]
    return Group(kind=kind, needs=first, more=len(needs) - len(first))


def _of_the_installation(signs: Signs) -> Iterator[Need]:
    if signs.restored_at:
        gone = what_is_gone(last=signs.last_changed_at, lost=signs.lost_changed_at)
        yield Need(
            kind="restored",
            text=_("The database was restored from a backup, as was found %(time)s ago. %(gone)s")
            % {"time": age(signs.now - signs.restored_at), "gone": gone},
            advice=_(
                "Every integration needs everything transferred anew, and API keys that were revoked since may work "
                "again."
            ),
            action=_("See what to do"),
            url=reverse("restored"),
            is_severe=True,
        )
        missing = str(counted())
        if missing:
            yield Need(
                kind="restored",
                text=_("What came in after the backup isn't here: %(missing)s") % {"missing": missing},
                advice=_("It is kept outside the database, and can be taken in again."),
                action=_("See what it is"),
                url=reverse("restored"),
            )
    if signs.queues_nothing and signs.unqueued:
        text = _("Nothing is queued: what was saved %(time)s ago hasn't reached the queues")
        yield Need(
            kind="queueing",
            text=text % {"time": age(signs.lag)},
            advice=_("The worker of the bell stands still. Start it again; nothing is lost."),
            is_severe=True,
        )
    if signs.stands_still and signs.beat_at:
        text = _("The clock (beat) or the worker hasn't been heard of for %(time)s")
        yield Need(
            kind="clock",
            text=text % {"time": age(signs.now - signs.beat_at)},
            advice=_("Transfers, warnings and e-mails wait for it. Start it again; nothing is lost."),
            is_severe=True,
        )

    if signs.reads_nothing and signs.unread:
        text = _("A message to the e-mail portal has waited for %(time)s to be read")
        yield Need(
            kind="unread",
            text=text % {"time": age(signs.now - signs.unread)},
            advice=_what_holds_up(signs.held_up_by),
            is_severe=True,
        )


def _what_holds_up(obstacle: str) -> str:
    """Why messages aren't read, and what to do about that."""
    match obstacle:
        case Mail.Obstacle.SCANNER:
            return _(
                "The virus scanner doesn't answer. Start it again, or correct CLAMAV_SOCKET; nothing is lost, and "
                "nothing is read unscanned."
            )
        case Mail.Obstacle.STORAGE:
            return _(
                "The storage of messages is away, or another one than they were put in (UTKORG_MAIL_FOLDER, "
                "UTKORG_MAIL_BUCKET). Nothing is lost; once it is back, they are read by themselves."
            )
        case "":
            return _("The worker of the queue mail stands still. Start it again; nothing is lost.")
    return _("It is tried again and again; the log of the worker that reads says what is in the way. Nothing is lost.")


def _unsent_letters(lines: Sequence[Line], now: datetime, user: User | AnonymousUser) -> Iterator[Need]:
    if not user.has_perm(CHANGE):
        return
    # A first try that failed is tried again at once; what failed twice needs a look.
    mine = [line.subscription.pk for line in _those_with(CHANGE, lines, user)]
    unsent = Letter.objects.filter(subscription__in=mine, sent_at=None, created_at__gt=now - LETTERS_OF, attempts__gt=1)
    for letter in unsent.order_by("-created_at")[: MOST_OF_A_KIND + 1]:
        text = _("An e-mail to %(address)s can't be sent: %(error)s")
        yield Need(
            kind="letters",
            text=text % {"address": letter.address, "error": letter.error},
            advice=_("Mend the address, or the mail server (EMAIL_URL). No queue is cut before somebody was told."),
            action=_("Open the policy"),
            url=reverse("watch_policy", args=[letter.subscription_id]),
        )


def _unsent_letters_of_keys(user: User | AnonymousUser, now: datetime) -> Iterator[Need]:
    if not user.has_perm("access.change_apikey"):
        return
    unsent = KeyLetter.objects.filter(sent_at=None, created_at__gt=now - LETTERS_OF, attempts__gt=1)
    mine = unsent.filter(key__in=visible(ApiKey.objects.all(), user))
    for letter in mine.order_by("-created_at")[: MOST_OF_A_KIND + 1]:
        text = _("An e-mail to %(address)s can't be sent: %(error)s")
        yield Need(
            kind="letters",
            text=text % {"address": letter.address, "error": letter.error},
            advice=_("Mend the address, or the mail server (EMAIL_URL). The bell has told it, too."),
            action=_("Open the key"),
            url=reverse("admin:access_apikey_change", args=[letter.key_id]),
        )


def _over_their_limits(lines: Sequence[Line]) -> Iterator[Need]:
    for line in lines:
        if line.is_over:
            numbers = {"rows": wording.rows(line.backlog.rows), "subscription": line.subscription.integration_id}
            text = _("%(subscription)s is over its limit: %(rows)s in the queue") % numbers
            if line.backlog.oldest:
                text += ", " + _("the oldest has waited for %(time)s") % {
                    "time": age(line.backlog.age(at=timezone.now()))
                }
            yield Need(
                kind="backlog",
                text=text,
                advice=_what_follows(line),
                action=_("Open the subscription"),
                url=_subscription_url(line),
                is_severe=line.subscription.backlog_policy.cuts,
            )


def _forgotten(lines: Sequence[Line]) -> Iterator[Need]:
    for line in lines:
        if line.is_forgotten and not line.is_over:
            numbers = {"rows": wording.rows(line.backlog.rows), "subscription": line.subscription.integration_id}
            if line.fetched_at:
                lasted = age(timezone.now() - line.fetched_at)
                text = _("%(subscription)s hasn't been fetched for %(time)s: %(rows)s in the queue") % {
                    **numbers,
                    "time": lasted,
                }
            else:
                text = _("%(subscription)s was never fetched: %(rows)s in the queue") % numbers
            yield Need(
                kind="forgotten",
                text=text,
                advice=_("Ask the integrator to fetch. Make the subscription inactive if nobody uses it any more."),
                action=_("Open the subscription"),
                url=_subscription_url(line),
            )


def _what_follows(line: Line) -> str:
    policy = line.subscription.backlog_policy
    ask = _("Ask the integrator to fetch.")
    if not policy.cuts:
        return ask
    if not reach_people():
        return f"{ask} " + _("The queue isn't cut, since this installation sends no e-mail (EMAIL_URL).")
    conditions = wording.cut_conditions({name: getattr(policy, name) for name in wording.CUT_LIMITS})
    return f"{ask} " + _("The queue is cut when %(conditions)s.") % {"conditions": wording.any_of(conditions)}


def _transfers(user: User | AnonymousUser) -> Iterator[Need]:
    # Of each subscription and type the newest alone: a failed one that was repeated needs nobody.
    newest = Transfer.objects.values("subscription", "information_type").annotate(newest=Max("pk")).values("newest")
    states = (Transfer.Status.FAILED, Transfer.Status.PAUSED)
    transfers = visible(Transfer.objects.filter(pk__in=newest, status__in=states), user)
    for transfer in transfers.select_related("subscription").order_by("status", "-pk")[:100]:
        names = {"subscription": transfer.subscription.integration_id, "type": transfer.type.label}
        failed = transfer.status == Transfer.Status.FAILED
        yield Need(
            kind="failed" if failed else "paused",
            text=(
                _("%(subscription)s: the transfer of %(type)s has failed")
                if failed
                else _("%(subscription)s: the transfer of %(type)s is paused")
            )
            % names,
            advice=_("See why, then start it again.") if failed else _("Let it go on, or end it."),
            action=_("Open the transfer"),
            url=reverse("admin:onetime_transfer_transfer_change", args=[transfer.pk]),
            is_severe=failed,
        )


def _reported(user: User | AnonymousUser) -> Iterator[Need]:
    """Rows that integrations couldn't use: of each its newest report, and how many there are."""
    if not user.has_perm("revisions.view_feedback"):
        return
    waiting = visible(Feedback.objects.filter(state=Feedback.State.OPEN), user)
    counted = waiting.annotate(count=Window(Count("pk"), partition_by="subscription_id"))
    newest = counted.select_related("subscription").order_by("subscription_id", "-last_reported_at", "-pk")
    for report in newest.distinct("subscription_id")[:100]:
        text = ngettext(
            "%(subscription)s couldn't use %(rows)s row: %(code)s, %(message)s",
            "%(subscription)s couldn't use %(rows)s rows. The latest: %(code)s, %(message)s",
            report.count,
        )
        said = {
            "subscription": report.subscription.integration_id,
            "rows": wording.grouped(report.count),
            "code": report.code,
            "message": Truncator(report.message).chars(MESSAGE_SHOWN),
        }
        of_one = f"subscription__id__exact={report.subscription_id}&state__exact={report.state}"
        yield Need(
            kind="reported",
            text=text % said,
            advice=_("Mend the row or the integration. Then send the row again, or close the report with a note."),
            action=_("Open the report") if report.count == 1 else _("Open the reports"),
            url=reverse("admin:revisions_feedback_change", args=[report.pk])
            if report.count == 1
            else f"{reverse('admin:revisions_feedback_changelist')}?{of_one}",
        )


def _conflicts(user: User | AnonymousUser, signs: Signs) -> Iterator[Need]:
    """What both a working copy and somebody here changed, each in its own way."""
    reach = rights_of_request(user).companies_with("workcopies.view_conflict")
    count = sum(1 for company in signs.conflicts if reach is None or company in reach)
    if count:
        text = ngettext(
            "%(count)s conflict of working copies waits for somebody to choose",
            "%(count)s conflicts of working copies wait for somebody to choose",
            count,
        )
        yield Need(
            kind="conflicts",
            text=text % {"count": wording.grouped(count)},
            advice=_("Both sides are kept until then; what stands here is what was written here."),
            action=_("Open the conflicts"),
            url=f"{reverse('admin:workcopies_conflict_changelist')}?status__exact={Conflict.Status.OPEN}",
        )


def _quarantined(user: User | AnonymousUser, signs: Signs) -> Iterator[Need]:
    """Messages that somebody has to look at before anything comes of them."""
    reach = rights_of_request(user).companies_with("inbox.view_mail")
    count = sum(1 for company in signs.quarantined if reach is None or company in reach)
    if count:
        text = ngettext(
            "%(count)s message to the e-mail portal is in quarantine",
            "%(count)s messages to the e-mail portal are in quarantine",
            count,
        )
        yield Need(
            kind="quarantined",
            text=text % {"count": wording.grouped(count)},
            advice=_("Nothing comes of them until somebody releases or removes them."),
            action=_("Open the quarantine"),
            url=f"{reverse('admin:inbox_mail_changelist')}?status__exact={Mail.Status.QUARANTINED}",
        )


def _invoices(user: User | AnonymousUser, signs: Signs) -> Iterator[Need]:
    """Invoices that came by mail, as one need, however many they are."""
    if not (user.has_perm("inbox.change_incominginvoice") or user.has_perm("inbox.approve_incominginvoice")):
        return
    reach = rights_of_request(user).companies_with("inbox.view_incominginvoice")
    count = sum(1 for company in signs.invoices if reach is None or company in reach)
    if count:
        text = ngettext(
            "%(count)s invoice waits to be entered, registered or approved",
            "%(count)s invoices wait to be entered, registered or approved",
            count,
        )
        shown = wording.grouped(min(count, MOST_COUNTED)) + ("+" if count > MOST_COUNTED else "")
        yield Need(
            kind="invoices",
            text=text % {"count": shown},
            advice=_("Suppliers have sent them to the e-mail portal."),
            action=_("Open the queue"),
            url=reverse("admin:inbox_incominginvoice_changelist"),
        )


def _incomplete(lines: Sequence[Line], user: User | AnonymousUser) -> Iterator[Need]:
    incomplete = [line for line in lines if line.missing]
    transferred = {line.subscription.pk for line in _those_with("onetime_transfer.add_transfer", incomplete, user)}
    for line in incomplete:
        may_transfer = line.subscription.pk in transferred
        text = ngettext(
            "%(subscription)s: %(count)s register needs a new transfer",
            "%(subscription)s: %(count)s registers need a new transfer",
            line.missing,
        )
        numbers = {"subscription": line.subscription.integration_id, "count": wording.grouped(line.missing)}
        yield Need(
            kind="missing",
            text=text % numbers,
            advice=_("The integration lacks them until they are transferred."),
            action=_("Transfer what is missing") if may_transfer else _("Open the subscription"),
            url=_missing_url(line) if may_transfer else _subscription_url(line),
        )


def _keys(user: User | AnonymousUser, now: datetime) -> Iterator[Need]:
    if not user.has_perm("access.view_apikey"):
        return
    soon = ApiKey.objects.filter(
        revoked_at=None, owner__is_active=True, expires_at__gt=now, expires_at__lt=now + KEYS_EXPIRE_WITHIN
    )
    for key in visible(soon, user).select_related("application").order_by("expires_at")[:100]:
        names = {
            "key": key.name,
            "application": key.application,
            "time": date_format(timezone.localtime(key.expires_at), "DATE_FORMAT"),
        }
        yield Need(
            kind="keys",
            text=_("The key %(key)s of %(application)s expires on %(time)s") % names,
            advice=_("Give it more time, or give the integrator a new one; without a key nothing is fetched."),
            action=_("Open the key"),
            url=reverse("admin:access_apikey_change", args=[key.pk]),
        )


def _those_with(permission: str, lines: Sequence[Line], user: User | AnonymousUser) -> Sequence[Line]:
    """The subscriptions for which a user has a right."""
    rights = rights_of_request(user)
    seen, mine = rights.companies_with(VIEW), rights.companies_with(permission)
    if not lines or mine is None or (seen is not None and seen <= mine):
        return lines
    known = Subscription.objects.filter(pk__in=[line.subscription.pk for line in lines])
    keys = set(within(known, user, permission).values_list("pk", flat=True))
    return [line for line in lines if line.subscription.pk in keys]


def _subscription_url(line: Line) -> str:
    return reverse("admin:subscriptions_subscription_change", args=[line.subscription.pk])


def _missing_url(line: Line) -> str:
    return f"{reverse('missing_transfers')}?subscription={line.subscription.pk}"
