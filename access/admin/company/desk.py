"""What every page of an account shares: whose account it is, what the reader may there, and the frame around it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, cast

from django.contrib.admin import site
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from access import accounts
from access.accounts import ADMINISTER_ACCOUNT, ADMINISTER_USERS, Account
from access.http.admin.question import Question
from access.models import Membership

REMEMBERED = "account"
MOST_NAMED = 20


@dataclass(frozen=True)
class Desk:
    """One account as the person sees it who has opened one of its pages."""

    request: HttpRequest
    account: Account
    page: str  # the name of the address that the selector leads to at another account

    @property
    def user(self) -> User:
        """Who looks."""
        return cast(User, self.request.user)

    @cached_property
    def held(self) -> frozenset[str]:
        """The rights that they have here."""
        return accounts.held(self.user, self.account)

    @property
    def administers_users(self) -> bool:
        """Whether they may see and change everybody here."""
        return ADMINISTER_USERS in self.held

    @property
    def administers_account(self) -> bool:
        """Whether they may decide about the account itself."""
        return ADMINISTER_ACCOUNT in self.held

    def check(self, allowed: bool) -> None:
        """Refuse what the person may not do here."""
        if not allowed:
            raise PermissionDenied

    def url(self, page: str, *pk: int) -> str:
        """The address of another page of this account."""
        return url_of(page, self.account, *pk)

    def to(self, page: str, *pk: int) -> HttpResponseRedirect:
        """Lead on to another page of this account."""
        return HttpResponseRedirect(self.url(page, *pk))

    def on(self, page: str) -> HttpResponseRedirect:
        """Lead on, after a change by which the person may have lost this account: then to the first page."""
        fresh = User.objects.get(pk=self.user.pk)
        is_out = accounts.find(fresh, self.account.kind, self.account.number) is None
        return HttpResponseRedirect(reverse("admin:index")) if is_out else self.to(page)

    def membership(self, pk: int) -> Membership:
        """One of the account's people: oneself, or for an administrator anybody; raises 404 and 403."""
        rows = self.account.memberships.select_related("user", "office__company", "company")
        found = rows.filter(pk=pk).first()
        if found is None:
            raise Http404
        self.check(self.administers_users or found.user_id == self.user.pk)
        return found

    def show(self, template: str, title: str, context: Mapping[str, Any], *, status: int = 200) -> TemplateResponse:
        """The page, in the frame with the selector of accounts."""
        frame = {
            **site.each_context(self.request),
            "title": title,
            "desk": self,
            "account": self.account,
            "choose_url": f"{reverse('account_choose')}?to={self.page}",
        }
        return TemplateResponse(
            self.request, f"admin/access/company/{template}.html", {**frame, **context}, status=status
        )

    def refuse(self, title: str) -> TemplateResponse:
        """The page, to who may not see it here but perhaps at another account."""
        return self.show("refused", title, {"whom_to_ask": accounts.administrators(self.account)}, status=403)

    def ask(self, question: Question) -> TemplateResponse:
        """The page that asks before something is done."""
        context = {**site.each_context(self.request), "title": question.title, "question": question}
        return TemplateResponse(self.request, "admin/access/question.html", context)


Page = Callable[..., HttpResponse]


def url_of(page: str, account: Account, *pk: int) -> str:
    """The address of a page of an account."""
    named = {"kind": str(account.kind), "number": account.number}
    return reverse(page, kwargs=named | ({"pk": pk[0]} if pk else {}))


def named_few(names: Sequence[str]) -> list[tuple[str, Sequence[int]]]:
    """The lines of a question that names things: the first ones, and that there are more."""
    more = [_("… and more.")] if len(names) > MOST_NAMED else []
    return [(name, ()) for name in [*names[:MOST_NAMED], *more]]


def of_account(page: str) -> Callable[[Page], Callable[..., HttpResponseBase]]:
    """Make a page one of the account that its address names, which is remembered; a foreign one is a 404."""

    def decorate(view: Page) -> Callable[..., HttpResponseBase]:
        @wraps(view)
        def shown(request: HttpRequest, kind: str, number: str, **named: Any) -> HttpResponseBase:
            account = None if "\0" in number else accounts.find(cast(User, request.user), kind, number)
            if account is None:
                raise Http404
            remember(request, account)
            return view(Desk(request, account, page), **named)

        return shown

    return decorate


def remember(request: HttpRequest, account: Account) -> None:
    """Keep where the person works, for the menu's links."""
    present = [str(account.kind), account.number]
    if request.session.get(REMEMBERED) != present:
        request.session[REMEMBERED] = present


def remembered(request: HttpRequest) -> Account | None:
    """Where the person worked last, or always works; None where they have yet to choose."""
    user = cast(User, request.user)
    match request.session.get(REMEMBERED):
        case [str(kind), str(number)]:
            found = accounts.find(user, kind, number)
            if found is not None:
                return found
    return accounts.usual(user)
