"""What a subscription's page shows of its queue over time, and the page of its backlog policy."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access.scope import visible, within
from notices.letters import reach_people
from subscriptions.models import BacklogPolicy, Subscription
from subscriptions.policies import change_policy, policy_of, recipients
from watch import history, lines, policy, wording
from watch.admin.forms import PolicyForm
from watch.admin.live import answer
from watch.models import Letter

VIEW, CHANGE = "subscriptions.view_subscription", "subscriptions.change_subscription"
LETTERS_SHOWN = 5


@require_safe
def queue_part(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of a subscription's page that lives: how its queue stands, its charts and its policy."""
    (line,) = lines.read(_find(request, pk, VIEW))
    context = {
        "line": line,
        "history": history.read(line.subscription),
        "policy": told(policy_of(line.subscription)),
        "letters": Letter.objects.filter(subscription=pk).order_by("-pk")[:LETTERS_SHOWN],
        "may_change": request.user.has_perm(CHANGE, line.subscription),
    }
    return answer(request, "admin/watch/queue.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def policy_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a policy."""
    subscription = _find(request, pk, CHANGE).get()
    form = PolicyForm(
        request.POST if request.method == "POST" else None, policy=policy_of(subscription), asker=request.user
    )
    if form.is_valid():
        change_policy(subscription=subscription, wish=form.wish())
        messages.success(request, _("The backlog policy is saved."))
        return HttpResponseRedirect(_page_of(subscription))
    context = {
        **admin.site.each_context(request),
        "title": _("Backlog policy"),
        "subscription": subscription,
        "form": form,
        "sends_no_mail": not reach_people(),
        "cleared_per_cent": policy.CLEARED_PER_CENT,
        "back_url": _page_of(subscription),
    }
    return TemplateResponse(request, "admin/watch/policy.html", context)


def told(chosen: BacklogPolicy) -> dict[str, Any]:
    """A policy in sentences."""
    cut = wording.cut_conditions({name: getattr(chosen, name) for name in wording.CUT_LIMITS})
    return {
        "warns": wording.any_of(wording.limits(chosen.warn_rows, chosen.warn_hours)),
        "people": [recipient.address for recipient in recipients(chosen)],
        "cuts": wording.any_of(cut),
        "sends_no_mail": not reach_people(),
    }


def _find(request: HttpRequest, pk: int, right: str) -> Any:
    if not request.user.has_perm(right):
        raise PermissionDenied
    found = visible(Subscription.objects.filter(pk=pk), request.user)
    if not found.exists():
        raise Http404
    if right != VIEW and not within(found, request.user, right).exists():
        raise PermissionDenied
    return found


def _page_of(subscription: Subscription) -> str:
    return reverse("admin:subscriptions_subscription_change", args=[subscription.pk])
