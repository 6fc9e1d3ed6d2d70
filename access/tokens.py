"""Access tokens: giving, checking and revoking them.

A token is as good as what it was given for, and no longer: whether its user or key may still come in is looked at with
every request, and so are the rights.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from access import keys
from access.exceptions import TokenRefused
from access.models import AccessToken, ApiKey, KeyState
from access.networks import is_within
from access.services import authenticate_key
from history.models import Change
from history.services import note_event

PREFIX = "utt_"
SECRET_LENGTH = 40


@dataclass(frozen=True)
class GivenToken:
    """A new token: its text, which can never be had again, and for how many seconds it works."""

    text: str = field(repr=False)
    seconds: int


def lifetime() -> timedelta:
    """How long a token works."""
    return timedelta(minutes=settings.UTKORG_ACCESS_TOKEN_MINUTES)


@sensitive_variables()
def give_to_user(*, user: User, address: str | None) -> GivenToken:
    """Give a token to somebody who has shown their password."""
    ends = timezone.now() + lifetime()
    return _give(AccessToken(user=user, proof=_digest(user.password), address=address), ends=ends)


@sensitive_variables()
def give_to_key(*, text: str, address: str | None) -> tuple[ApiKey, GivenToken]:
    """Give a token in exchange for the text of a key, and return it with the key. Raises KeyRefused."""
    key = authenticate_key(text, address=address)
    ends = timezone.now() + lifetime()
    if key.expires_at is not None:
        ends = min(ends, key.expires_at)
    proof = _digest(keys.parse_key(text).secret)
    return key, _give(AccessToken(key=key, proof=proof, address=address), ends=ends)


@sensitive_variables()
def authenticate_token(text: str, *, address: str | None) -> AccessToken:
    """Return the token, with its user or key, whose text this is; one query. Raises TokenRefused.

    One of a key is refused wherever the key would be: revoked, expired, replaced, or from an address it isn't for.
    """
    # Half a character, which a JSON body may hold, has no digest.
    if not (text.startswith(PREFIX) and text.isascii()):
        raise TokenRefused(_("This is no access token. Exchange the API key for one at Access/login."))
    of_key = ("key__owner", "key__application", "key__office")
    token = AccessToken.objects.select_related("user", *of_key).filter(digest=_digest(text)).first()
    now = timezone.now()
    if token is None or token.is_over(at=now):
        raise TokenRefused(_("The access token has expired, was revoked, or never existed. Log in again."))
    opens = _user_opens(token) if token.key is None else _key_opens(token, token.key, at=now, address=address)
    if not opens:
        raise TokenRefused(_("The access token works no longer. Log in again."))
    return token


def revoke_token(*, token: AccessToken) -> bool:
    """End a token at once, and note who did; False if it was over already."""
    gone, _by_model = AccessToken.objects.filter(pk=token.pk).delete()
    if gone:
        note_event(kind=Change.Kind.TOKEN_REVOKED, subject=token.key or token.user or AccessToken)
    return gone > 0


def revoke_all(*, user: User) -> int:
    """End the tokens that somebody has for their password; return how many."""
    return AccessToken.objects.filter(user=user).delete()[0]


def revoke_everybodys() -> None:
    """End every token."""
    AccessToken.objects.all().delete()


def live_tokens() -> QuerySet[AccessToken]:
    """The tokens whose time has not passed."""
    return AccessToken.objects.filter(expires_at__gt=timezone.now())


def remove_expired() -> int:
    """Forget tokens whose time has passed."""
    return AccessToken.objects.filter(expires_at__lte=timezone.now()).delete()[0]


def _give(token: AccessToken, *, ends: datetime) -> GivenToken:
    text = PREFIX + "".join(secrets.choice(keys.ALPHABET) for _n in range(SECRET_LENGTH))
    token.digest, token.expires_at = _digest(text), ends
    token.save(force_insert=True)
    return GivenToken(text=text, seconds=round((ends - token.created_at).total_seconds()))


def _user_opens(token: AccessToken) -> bool:
    user = token.user
    return user is not None and user.is_active and keys.same_digest(token.proof, _digest(user.password))


def _key_opens(token: AccessToken, key: ApiKey, *, at: datetime, address: str | None) -> bool:
    if key.state(at=at) != KeyState.ACTIVE or not is_within(address, key.allowed_networks):
        return False
    if keys.same_digest(token.proof, key.digest):
        return True
    # Given for a text that was replaced since: as long as that one works.
    return key.replaced_secrets.filter(Q(works_until__gt=at), digest=token.proof).exists()


def _digest(text: str) -> str:
    return keys.digest(text, pepper=settings.API_KEY_PEPPER)
