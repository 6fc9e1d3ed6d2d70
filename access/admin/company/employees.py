"""Employees: who works in an account or is its contact, and making somebody one of them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from access import invitations, members
from access.admin.company.desk import Desk, of_account
from access.admin.company.forms import KnownPersonForm, NewPersonForm
from access.exceptions import MemberRefused
from access.http.admin.paginator import BoundedPaginator
from access.models import ApiKey, Membership

A_PAGE = 50
LONGEST = 100


@require_safe
@of_account("employees")
def employees(desk: Desk) -> HttpResponse:
    """List them; who may see nobody else is led to their own page."""
    if not desk.administers_users:
        own = desk.account.memberships.filter(user=desk.user).first()
        return desk.refuse(_("Employees")) if own is None else desk.to("employee", own.pk)
    text = " ".join(desk.request.GET.get("q", "").replace("\0", "").split())[:LONGEST]
    has_left = desk.request.GET.get("show") == "left"
    number = desk.request.GET.get("page", "1")
    rows = _listed(desk, text, has_left=has_left)
    paginator = BoundedPaginator(rows, A_PAGE)
    context = {
        "page": paginator.get_page(number),
        "text": text,
        "has_left": has_left,
        "is_narrowed": bool(text) or has_left,
    }
    return desk.show("employees", _("Employees"), context)


@require_http_methods(["GET", "HEAD", "POST"])
@of_account("employees")
def add(desk: Desk) -> HttpResponse:
    """Add somebody who signs in already, or somebody new."""
    desk.check(desk.administers_users)
    sent = desk.request.POST if desk.request.method == "POST" else None
    is_new = (sent or desk.request.GET).get("who") == "new"
    known = KnownPersonForm(None if is_new else sent)
    new = NewPersonForm(sent if is_new else None)
    form = new if is_new else known
    if form.is_valid():
        try:
            made = _add_new(desk, new.cleaned_data) if is_new else _add_known(desk, known.cleaned_data)
        except MemberRefused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return desk.to("employee_rights", made.pk)
    context = {"form": form, "is_new": is_new, "can_invite": invitations.can_invite()}
    return desk.show("employee_add", _("Add employee or contact"), context)


def _listed(desk: Desk, text: str, *, has_left: bool) -> "QuerySet[Membership]":
    keys = ApiKey.objects.filter(desk.account.at, owner=OuterRef("user"), revoked_at=None)
    working = keys.exclude(expires_at__lte=timezone.now()).order_by().values("owner")
    rows = (
        desk.account.memberships.filter(ended_at__isnull=not has_left)
        .select_related("user")
        .prefetch_related(Prefetch("groups"))
        .annotate(
            key_count=Coalesce(Subquery(working.annotate(count=Count("pk")).values("count")), 0),
            right_count=Count("permissions"),
        )
    )
    for word in text.split():
        named = Q(user__first_name__icontains=word) | Q(user__last_name__icontains=word)
        rows = rows.filter(named | Q(user__username__icontains=word) | Q(user__email__icontains=word))
    return rows.order_by("user__last_name", "user__first_name", "user__username", "pk")


def _add_known(desk: Desk, values: dict[str, Any]) -> Membership:
    wanted = values["person"]
    named = Q(username__iexact=wanted) | Q(email__iexact=wanted)
    found = members.known_people(desk.user).filter(named, is_active=True).order_by("pk")[:2]
    if not found:
        raise MemberRefused(
            _("Nobody whom you may know of has this user name or e-mail address. Add a new person instead."),
            field="person",
        )
    if len(found) > 1:
        raise MemberRefused(_("Several people have this e-mail address. Write the user name."), field="person")
    made = members.add_member(account=desk.account, user=found[0], kind=values["kind"])
    _tell(desk, found[0])
    return made


def _add_new(desk: Desk, values: dict[str, Any]) -> Membership:
    made = members.add_person(account=desk.account, **values)
    _tell(desk, made.user)
    if invitations.can_invite():
        text = _("A letter with a link to choose a password is on its way to %(email)s.")
        messages.info(desk.request, text % {"email": made.user.email})
    else:
        messages.warning(desk.request, no_letters())
    return made


def no_letters() -> str:
    """Why no letter is sent, and what to do."""
    return _(
        "This installation sends no e-mail, so the person gets no link. "
        "Ask whoever runs it to set a password under Users, or to set up e-mail."
    )


def _tell(desk: Desk, person: User) -> None:
    text = _("%(person)s is added, without rights as yet. Choose what they may do here.")
    messages.success(desk.request, text % {"person": person.get_full_name() or person.get_username()})
