"""Emptying queues: asks first, with what is lost in rows and registers."""

from collections.abc import Sequence
from typing import cast

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from access.http.admin.question import Question, ask, ids_in, way_back
from access.scope import visible, within
from revisions import queues
from revisions.pending import queued_kinds
from subscriptions.models import Subscription

CHANGE = "subscriptions.change_subscription"


def purge(request: HttpRequest) -> HttpResponse:
    """Ask, then take every row out of the queue unread."""
    if not request.user.has_perm(CHANGE):
        raise PermissionDenied
    known = visible(Subscription.objects.filter(pk__in=ids_in(request)), request.user)
    found = within(known, request.user, CHANGE)
    chosen = list(found.select_related("queue", "departure"))
    if request.method == "POST":
        return _purge(request, chosen)
    return ask(request, _question(request, chosen), Subscription)


def _question(request: HttpRequest, chosen: Sequence[Subscription]) -> Question:
    back_url = way_back(request, Subscription)
    counts = queued_kinds([subscription.pk for subscription in chosen])
    if not counts:
        return Question(title=_("The queue is empty already."), back_url=back_url)
    return Question(
        title=ngettext("Empty the queue?", "Empty the queues?", len(counts)),
        lead=[
            _("These rows leave the queue without the integration having fetched them. That can't be undone."),
            _("The epoch rises, so that the integration notices. What was lost needs a one-off transfer."),
        ],
        headings=[_("Subscription"), _("Rows lost"), _("Registers to transfer again"), _("New epoch")],
        lines=[
            (str(subscription), [*counts[subscription.pk], subscription.queue.epoch + 1])
            for subscription in chosen
            if subscription.pk in counts
        ],
        button=ngettext("Empty the queue", "Empty the queues", len(counts)),
        back_url=back_url,
        is_loss=True,
    )


def _purge(request: HttpRequest, chosen: Sequence[Subscription]) -> HttpResponse:
    lost = {subscription: queues.cut(subscription=subscription, by=cast(User, request.user)) for subscription in chosen}
    for subscription, rows in lost.items():
        if rows:
            messages.success(request, _told(subscription, rows))
    if not any(lost.values()):
        messages.info(request, _("The queue is empty already."))
    return HttpResponseRedirect(way_back(request, Subscription))


def _told(subscription: Subscription, rows: int) -> str:
    text = ngettext(
        "%(subscription)s: %(count)s row has left the queue.",
        "%(subscription)s: %(count)s rows have left the queue.",
        rows,
    )
    numbers = {"subscription": subscription.integration_id, "count": number_format(rows, force_grouping=True)}
    address = f"{reverse('missing_transfers')}?subscription={subscription.pk}"
    return format_html('{} <a class="row-link" href="{}">{}</a>', text % numbers, address, _("Transfer what was lost"))
