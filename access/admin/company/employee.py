"""One employee or contact: the details, the end of the membership and taking it up again."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from access import invitations, members
from access.admin.company.desk import MOST_NAMED, Desk, named_few, of_account
from access.admin.company.employees import no_letters
from access.admin.company.forms import MemberForm
from access.exceptions import MemberRefused
from access.http.admin.question import Question
from access.models import Membership

TABS = (
    ("employee", gettext_lazy("Employee")),
    ("employee_rights", gettext_lazy("User access")),
    ("employee_keys", gettext_lazy("API access")),
)


def tabs(desk: Desk, membership: Membership, active: str) -> dict[str, Any]:
    """What `employee_tabs.html` shows: who it is, and the tabs, one of them active."""
    return {
        "membership": membership,
        "person": membership.user,
        "is_own": membership.user_id == desk.user.pk,
        "tabs": [(label, desk.url(page, membership.pk), page == active) for page, label in TABS],
    }


def name_of(membership: Membership) -> str:
    """What the person is called."""
    return membership.user.get_full_name() or membership.user.get_username()


@require_http_methods(["GET", "HEAD", "POST"])
@of_account("employees")
def details(desk: Desk, pk: int) -> HttpResponse:
    """Who somebody is here."""
    membership = desk.membership(pk)
    person = membership.user
    form = MemberForm(
        desk.request.POST if desk.request.method == "POST" else None,
        membership=membership,
        is_named=members.may_rename(by=desk.user, person=person),
        is_addressed=members.may_readdress(by=desk.user, person=person),
        is_kind=desk.administers_users and membership.ended_at is None,
    )
    if form.is_valid():
        values = {name: value for name, value in form.cleaned_data.items() if name != "username"}
        try:
            members.change_member(membership=membership, by=desk.user, **values)
        except MemberRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(desk.request, _("The changes are saved."))
            return desk.to("employee", pk)
    context = {
        **tabs(desk, membership, "employee"),
        "form": form,
        "is_awaited": invitations.is_awaited(person),
        "can_invite": invitations.can_invite(),
        "may_end": desk.administers_users,
    }
    return desk.show("employee", name_of(membership), context)


@require_http_methods(["GET", "HEAD", "POST"])
@of_account("employees")
def end(desk: Desk, pk: int) -> HttpResponse:
    """Ask, with the keys that stop working; then end the membership."""
    desk.check(desk.administers_users)
    membership = desk.membership(pk)
    named = {"person": name_of(membership), "account": desk.account.name}
    if desk.request.method == "POST":
        try:
            ended = members.end_membership(membership=membership)
        except MemberRefused as refusal:
            messages.error(desk.request, str(refusal))
            return desk.to("employee", pk)
        if ended:
            messages.success(desk.request, _("%(person)s has no rights in %(account)s any more.") % named)
        return desk.on("employees")
    keys = list(members.keys_that_stop(membership)[: MOST_NAMED + 1])
    lead = [
        _(
            "%(person)s loses all rights in %(account)s at once. The membership stays in the list, and can be "
            "taken up again."
        )
        % named
    ]
    if keys:
        lead.append(ngettext("This key stops working at once:", "These keys stop working at once:", len(keys)))
    else:
        lead.append(_("No key stops working by this."))
    question = Question(
        title=_("End the membership of %(person)s?") % named,
        lead=lead,
        headings=[_("Key")] if keys else [],
        lines=named_few([f"{key.application}: {key}" for key in keys]),
        button=_("End membership"),
        back_url=desk.url("employee", pk),
        is_loss=True,
    )
    return desk.ask(question)


@require_http_methods(["GET", "HEAD", "POST"])
@of_account("employees")
def resume(desk: Desk, pk: int) -> HttpResponse:
    """Ask, then take somebody up again."""
    desk.check(desk.administers_users)
    membership = desk.membership(pk)
    named = {"person": name_of(membership), "account": desk.account.name}
    if desk.request.method == "POST":
        if members.resume_membership(membership=membership, by=desk.user):
            messages.success(desk.request, _("%(person)s is back. See which rights they have here.") % named)
        return desk.to("employee_rights", pk)
    question = Question(
        title=_("Take up %(person)s again?") % named,
        lead=[
            _(
                "%(person)s gets back the rights that they had in %(account)s, apart from those that you "
                "don't have yourself."
            )
            % named,
            _("Keys that were made on them here and are neither revoked nor expired work again."),
        ],
        button=_("Take up again"),
        back_url=desk.url("employee", pk),
    )
    return desk.ask(question)


@require_POST
@of_account("employees")
def invite(desk: Desk, pk: int) -> HttpResponse:
    """Send the letter with the link once more."""
    desk.check(desk.administers_users)
    membership = desk.membership(pk)
    if not invitations.can_invite():
        messages.warning(desk.request, no_letters())
    elif membership.ended_at is None and invitations.is_awaited(membership.user):
        invitations.invite(membership=membership)
        text = _("A letter with a link to choose a password is on its way to %(email)s.")
        messages.success(desk.request, text % {"email": membership.user.email})
    return desk.to("employee", pk)
