"""`Access/login`: a password, or the text of a key, for an access token. Lockout is that of the sign-in page."""

from datetime import timedelta

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import authenticate
from django.contrib.auth.models import User, update_last_login
from django.http import HttpRequest
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.debug import sensitive_variables
from rest_framework.exceptions import APIException, AuthenticationFailed, PermissionDenied, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.exceptions import KeyRefused
from access.http.address import client_address
from access.http.tokens import LACKS, AddressThrottle, TokenAuthentication
from access.rights import Rights, effective_rights, rights_of
from access.services import actor_of, company_of
from access.tokens import GivenToken, give_to_key, give_to_user
from history.actors import Actor
from history.models import Change
from history.services import note_event
from sign_in import second_factor
from sign_in.lockout import lasts, locked_until
from timesheets.api import openapi
from timesheets.api.login_body import LoginBody

USE = "timesheets.use_time_api"
MOST_NOTED = 60  # an hour, of one user or key from one address: a program that logs in all the time fills no log


@method_decorator(cache_control(no_store=True), name="dispatch")
class Login(APIView):
    """Where tokens are given."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = [AddressThrottle]
    throttle_scope = "login"
    http_method_names = ("post",)

    def get_authenticate_header(self, request: Request) -> str:
        """Return the `WWW-Authenticate` of a 401."""
        return TokenAuthentication().authenticate_header(request)

    @openapi.login
    @sensitive_variables()
    def post(self, request: Request) -> Response:
        """Give a token."""
        told = LoginBody.read(request)
        given = self._of_key(told["apiKey"]) if "apiKey" in told else self._of_user(told["username"], told["password"])
        return Response({"accessToken": given.text, "expiresIn": given.seconds})

    @sensitive_variables()
    def _of_user(self, name: str, password: str) -> GivenToken:
        request = self.request._request
        user = authenticate(request, username=name, password=password)
        if not isinstance(user, User):
            raise _refusal(request, name)
        if second_factor.is_on(user) or second_factor.is_required_of(user):
            raise AuthenticationFailed(
                _("This user signs in with a second factor, which a program can't show. Use an API key: apiKey.")
            )
        _check(rights_of(user))
        AxesProxyHandler.user_logged_in(sender=Login, request=request, user=user)
        update_last_login(User, user)
        address = client_address(request)
        actor = Actor(user_id=user.pk, user_name=user.get_username(), via="api", address=address)
        note_event(kind=Change.Kind.SIGNED_IN, subject=user, actor=actor, most_an_hour=MOST_NOTED)
        return give_to_user(user=user, address=address)

    @sensitive_variables()
    def _of_key(self, text: str) -> GivenToken:
        address = client_address(self.request)
        try:
            key, given = give_to_key(text=text, address=address)
        except KeyRefused:
            raise _wrong() from None
        _check(effective_rights(key))
        note_event(
            kind=Change.Kind.SIGNED_IN,
            subject=key,
            company=company_of(key),
            actor=actor_of(key, address=address),
            most_an_hour=MOST_NOTED,
        )
        return given


def _refusal(request: HttpRequest, name: str) -> APIException:
    """Say that something is wrong, not what; who is locked out is told so, whatever was sent."""
    if getattr(request, "axes_locked_out", False):
        # The library's middleware would answer with the page.
        request.axes_locked_out = False  # type: ignore[attr-defined]
        now = timezone.now()
        until = locked_until(user_name=name, address=client_address(request)) or now + lasts()
        seconds = max(1, -(-(until - now) // timedelta(seconds=1)))
        return Throttled(wait=seconds, detail=_("Too many tries were wrong."))
    return _wrong()


def _wrong() -> AuthenticationFailed:
    return AuthenticationFailed(_("The user name, the password or the API key is wrong."))


def _check(rights: Rights) -> None:
    if not rights.may(USE):
        raise PermissionDenied(LACKS % {"permission": USE})
