"""Views that are opened by an access token rather than by an API key: `Authorization: Bearer` or `accessToken`."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotFound, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from access.exceptions import OfficeKeysUnsupported, TokenRefused, WrongKeyKind
from access.http.address import client_address
from access.http.scope import OWN_COMPANY, WRONG_KIND
from access.http.throttling import Rate, seconds_to_wait
from access.models import AccessToken, ApiKey, KeyKind
from access.rights import Rights, effective_rights, rights_of
from access.tokens import authenticate_token
from ledger.models import Company

PARAMETER = "accessToken"

LACKS = gettext_lazy("The right %(permission)s is missing here.")


class TokenAuthentication(BaseAuthentication):
    """Sets `request.auth` to the AccessToken and `request.user` to its user, or to the owner of its key."""

    scheme = "Bearer"

    @sensitive_variables()
    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """Return who asks, by the header, the query or the body; None without any token."""
        told = set(_tokens(request, self.scheme))
        if not told:
            return None
        if len(told) > 1:
            raise AuthenticationFailed(_("The request holds several access tokens. Give one."))
        try:
            token = authenticate_token(told.pop(), address=client_address(request))
        except TokenRefused as refused:
            # `from None`: the chain's frames hold the text of the token.
            raise AuthenticationFailed(str(refused)) from None
        return user_of(token), token

    def authenticate_header(self, _request: Request) -> str:
        """Return the `WWW-Authenticate` of a 401."""
        return f'{self.scheme} realm="Utkorg"'


@sensitive_variables()
def _tokens(request: Request, scheme: str) -> Iterator[str]:
    told, _blank, text = get_authorization_header(request).partition(b" ")
    if told.lower() == scheme.lower().encode():
        yield text.strip().decode("ascii", errors="replace")
    yield from (text for text in request.query_params.getlist(PARAMETER) if text)
    if request.method not in SAFE_METHODS and isinstance(request.data, Mapping):
        found = request.data.get(PARAMETER)
        if isinstance(found, str) and found:
            yield found


def user_of(token: AccessToken) -> User:
    """Return whose doing a token's requests are."""
    user: User | None = token.key.owner if token.key is not None else token.user
    if user is None:
        raise TypeError("A token is of a user or of a key.")
    return user


class TokenThrottle(BaseThrottle):
    """Limits a view with a `throttle_scope`: each user or key, with however many tokens, by `UTKORG_THROTTLE_RATES`."""

    _wait: float | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Tell whether the caller may ask now."""
        scope: str = getattr(view, "throttle_scope", "")
        rate = settings.UTKORG_THROTTLE_RATES.get(scope)
        if rate:
            self._wait = seconds_to_wait({f"{scope}:{self.who(request)}": Rate.parse(rate)})
        return self._wait is None

    def wait(self) -> float | None:
        """Return the seconds until the next request is let through, for `Retry-After`."""
        return self._wait

    def who(self, request: Request) -> str:
        """Who is counted."""
        token: Any = request.auth
        return token.key.public_id if token.key is not None else f"user:{token.user_id}"


class AddressThrottle(TokenThrottle):
    """Limits a view that asks for no token, by address."""

    def who(self, request: Request) -> str:
        """Where the request comes from."""
        return str(client_address(request))


class TokenScope(APIView):
    """A view for tokens: refuses what the token's user or key may not do, and shows only what is its own.

    `required_permissions` names, for every method that the view has, the permissions (``app.codename``) that it takes,
    all of them in the same company.
    """

    authentication_classes = [TokenAuthentication]
    throttle_classes = [TokenThrottle]
    http_method_names = ("get", "post", "head")
    required_permissions: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    @property
    def token(self) -> AccessToken:
        """The caller's token."""
        token = self.request.auth
        if not isinstance(token, AccessToken):
            raise TypeError("The request was not authenticated by an access token.")
        return token

    @property
    def key(self) -> ApiKey | None:
        """The key that the token was given for, if it was one."""
        return self.token.key

    @cached_property
    def rights(self) -> Rights:
        """What the token's user or key may do, as of this request."""
        return rights_of(user_of(self.token)) if self.key is None else effective_rights(self.key)

    @property
    def companies(self) -> frozenset[int] | None:
        """The companies (database ids) for which everything that the method takes is allowed; None for all."""
        limits = [found for name in self._permissions() if (found := self.rights.companies_with(name)) is not None]
        return frozenset.intersection(*limits) if limits else None

    def check_permissions(self, request: Request) -> None:
        """Raise 401 without a token, 403 for a key of the wrong kind or without the rights that the method takes."""
        super().check_permissions(request)
        if request.method is None or request.method not in self.allowed_methods:
            return  # The dispatcher answers 405.
        if self.key is not None and self.key.kind == KeyKind.OFFICE and not self.key.application.supports_office_keys:
            raise OfficeKeysUnsupported(WRONG_KIND % {"application": self.key.application})
        for permission in self._permissions():
            # Who may know of no company at all finds nothing (404), whatever the rights.
            if not self.rights.may(permission) and self.rights.visible != frozenset():
                raise PermissionDenied(LACKS % {"permission": permission})

    def company(self, number: str) -> Company:
        """Return the company of a number, for which everything is allowed that the method takes; raises why not."""
        company, allowed = Company.objects.filter(number=number).first(), self.companies
        if company is None or (allowed is not None and company.pk not in allowed):
            self.refuse_company(number)
            raise NotFound
        return company

    def refuse_company(self, number: str) -> None:
        """Raise why a company, which isn't one of `companies`, can't be used: 404 if it is unknown or out of sight, 403
        if a right is missing, and WrongKeyKind for an office's own."""
        company = Company.objects.filter(number=number).first()
        office = None if self.key is None else self.key.office
        if company is not None and office is not None and company.pk == office.company_id:
            raise WrongKeyKind(OWN_COMPANY)
        visible = self.rights.visible
        if company is None or (visible is not None and company.pk not in visible):
            raise NotFound
        for permission in self._permissions():
            if not self.rights.may(permission, company=company.pk):
                raise PermissionDenied(LACKS % {"permission": permission})

    def _permissions(self) -> tuple[str, ...]:
        method = str(self.request.method)
        return self.required_permissions["GET" if method == "HEAD" else method]
