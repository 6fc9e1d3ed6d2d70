"""What the caller's key may see and do; every view over REST has this mixin."""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from functools import cached_property, partial
from typing import Any, ClassVar, Protocol, TypeVar, cast

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from access.exceptions import OfficeKeysUnsupported, WrongKeyKind
from access.http.address import client_address
from access.http.authentication import key_of
from access.http.once import IDEMPOTENCY_KEY, answer_once
from access.models import ApiKey, KeyKind
from access.rights import Rights, effective_rights
from access.services import actor_of
from history.actors import acting
from ledger.models import Company

M = TypeVar("M", bound=Model)

WRONG_KIND = _(
    "%(application)s does not support accounting offices' keys. Ask the integration's support, or use a key made on an "
    "employee or contact of the client."
)


OWN_COMPANY = _(
    "An accounting office's key can't be used for the office's own company. Ask the integration's support, or use a "
    "key made on an employee or contact of that company."
)


LACKS = _("The key lacks the right %(permission)s here. The page “Why?” of the key says who can give it.")


class Judged(Protocol):
    """What is of several companies, read together with what a key may.

    `is_known`: the key may know of it; `is_allowed`: it has the right for one of its companies at least; `is_own`: it
    is of the own company of the key's office alone.
    """

    is_known: bool
    is_allowed: bool
    is_own: bool


class KeyScope(APIView):
    """A view for keys: refuses what the key may not do, and shows only what is its own.

    `required_permissions` names, for every method that the view has, the permission
    (``app.codename``) that it needs; None: every key that opens anything may.
    """

    # Whether what the view writes may be configuration, whose history tells the key; False on the ways of the data.
    writes_configuration: ClassVar[bool] = True

    # Whether a POST that comes again under an Idempotency-Key is answered from what was kept. Not where the answer or
    # the body is a file: it would be read into memory, and doing it twice does no harm.
    answers_once: ClassVar[bool] = True

    http_method_names = ("get", "post", "put", "patch", "delete", "head")
    required_permissions: ClassVar[Mapping[str, str | None]] = {}

    def dispatch(self, request: HttpRequest, *arguments: Any, **options: Any) -> Any:
        """Answer; what is written meanwhile is the key's doing."""
        with ExitStack() as self._as_key:
            return super().dispatch(request, *arguments, **options)

    def initial(self, request: Request, *arguments: Any, **options: Any) -> None:
        """Check the caller, and from then on act as the key."""
        super().initial(request, *arguments, **options)
        if self.writes_configuration and request.method not in SAFE_METHODS:
            actor = actor_of(self.key, address=client_address(request))
            self._as_key.enter_context(acting(actor))
        if self._is_kept(request) and request.method == "POST" and "POST" in self.allowed_methods:
            # Found here by the dispatcher, whatever the view's class is.
            self.__dict__["post"] = partial(answer_once, self, getattr(self, request.method.lower()))

    def check_throttles(self, request: Request) -> None:
        """Count the request; its body is kept first if it is to be told from others, for a parser reads it once."""
        if self._is_kept(request):
            _ = request._request.body
        super().check_throttles(request)

    def _is_kept(self, request: Request) -> bool:
        return self.answers_once and IDEMPOTENCY_KEY in request.headers

    @property
    def key(self) -> ApiKey:
        """The caller's key."""
        return key_of(self.request)

    @cached_property
    def rights(self) -> Rights:
        """What the key may do, as of this request."""
        return effective_rights(self.key)

    @property
    def companies(self) -> frozenset[int] | None:
        """The companies (database ids) for which the key may do what the method needs; None for all."""
        permission = self._permission_for(str(self.request.method))
        return self.rights.visible if permission is None else self.rights.companies_with(permission)

    def check_permissions(self, request: Request) -> None:
        """Raise 401 without a key, 403 for one of the wrong kind or without the right that the method needs."""
        super().check_permissions(request)
        if request.method is None or request.method not in self.allowed_methods:
            return  # The dispatcher answers 405.
        if self.key.kind == KeyKind.OFFICE and not self.key.application.supports_office_keys:
            raise OfficeKeysUnsupported(WRONG_KIND % {"application": self.key.application})
        permission = self._permission_for(request.method)
        # Who may know of no company at all finds nothing (404), whatever the rights.
        if permission is not None and not self.rights.may(permission) and self.rights.visible != frozenset():
            raise self._lacks(permission)

    def check_company(self, company: Company | None) -> Company:
        """Return a company for which the key may do what the method needs.

        Raises 404 if it is unknown or out of sight, 403 if the right is missing, and WrongKeyKind for an office's own.
        """
        if company is not None:
            self.check_not_own((company.pk,))
        visible = self.rights.visible
        if company is None or (visible is not None and company.pk not in visible):
            raise NotFound
        permission = self._permission_for(str(self.request.method))
        if permission is not None and not self.rights.may(permission, company=company.pk):
            raise self._lacks(permission)
        self.companies_concerned.add(company.pk)
        return company

    @cached_property
    def companies_concerned(self) -> set[int]:
        """The companies (database ids) whose data the answer may tell: those checked, and what a view adds."""
        return set()

    def check_companies(self, companies: Iterable[int]) -> None:
        """Do the same for some companies by their ids."""
        known = Company.objects.in_bulk(list(companies))
        for company in companies:
            self.check_company(known.get(company))

    def check_not_own(self, companies: Iterable[int]) -> None:
        """Raise WrongKeyKind if an office's key is used for the office's own company."""
        office = self.key.office
        if office is not None and office.company_id in companies:
            raise WrongKeyKind(OWN_COMPANY)

    def of_application(self, things: QuerySet[M]) -> QuerySet[M]:
        """Return those of `things` that are the key's application's."""
        return things.filter(application=self.key.application)

    def find(self, things: QuerySet[M], **named: Any) -> M:
        """Return the one of the key's application; raises 404 whether it is absent or another's."""
        if any("\0" in value for value in named.values() if isinstance(value, str)):
            raise NotFound  # An address may hold what no text in the database can.
        found = self.of_application(things).filter(**named).first()
        if found is None:
            raise NotFound
        return found

    def find_judged(self, things: QuerySet[M], **named: Any) -> M:
        """Return the one of the key's application, if what it tells of the key allows that; see `check_judged`."""
        found = self.find(things, **named)
        self.check_judged(cast(Judged, found))
        return found

    def check_judged(self, judged: Judged) -> None:
        """Raise 404 where the key may not know of a thing, 403 where the right is missing, WrongKeyKind where it is of
        the own company of the key's office alone."""
        if judged.is_own:
            raise WrongKeyKind(OWN_COMPANY)
        if not judged.is_known:
            raise NotFound
        if not judged.is_allowed:
            raise self._lacks(self._permission_for(str(self.request.method)))

    @staticmethod
    def _lacks(permission: str | None) -> PermissionDenied:
        """A refusal that names what is missing; the key's page “Why?” tells who lacks it."""
        return PermissionDenied(LACKS % {"permission": permission} if permission else None)

    def _permission_for(self, method: str) -> str | None:
        return self.required_permissions["GET" if method == "HEAD" else method]
