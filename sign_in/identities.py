"""Who it is that an identity provider names."""

import dataclasses
import re
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction

from sign_in.exceptions import UnknownPerson
from sign_in.models import Identity

UNUSUAL = re.compile(r"[^\w.@+-]")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Claims:
    """What a provider says of somebody, once its signature was checked."""

    issuer: str
    subject: str
    email: str = ""
    is_verified: bool = False
    user_name: str = ""
    first_name: str = ""
    last_name: str = ""

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Claims":
        """The claims of an ID token."""
        return cls(
            issuer=str(told["iss"]),
            subject=str(told["sub"]),
            email=str(told.get("email") or ""),
            is_verified=told.get("email_verified") in (True, "true"),
            user_name=str(told.get("preferred_username") or ""),
            first_name=str(told.get("given_name") or ""),
            last_name=str(told.get("family_name") or ""),
        )


@transaction.atomic
def person(claims: Claims) -> User:
    """Whoever was linked before; else the one person with the address that the provider has verified, linked now.

    Nobody is made unless a setting says so. Raises UnknownPerson.
    """
    linked = Identity.objects.select_related("user").filter(issuer=claims.issuer, subject=claims.subject).first()
    user = linked.user if linked else _by_address(claims) or _made(claims)
    if user is None or not user.is_active:
        raise UnknownPerson
    if linked is None:
        Identity.objects.create(user=user, issuer=claims.issuer, subject=claims.subject)
    return user


def _by_address(claims: Claims) -> User | None:
    if not claims.email or not claims.is_verified:
        return None
    # Two people with one address: nobody can tell which of them it is.
    found = [user for user in User.objects.filter(email__iexact=claims.email) if _is_same(user.email, claims.email)]
    if len(found) > 1:
        raise UnknownPerson
    return found[0] if found else None


def _is_same(one: str, other: str) -> bool:
    """Whether two addresses are one, but for capitals of the English alphabet.

    Elsewhere letters of different mailboxes have one capital (ı and i), and anybody may have such an address verified.
    """
    return one.encode().lower() == other.encode().lower()


def _made(claims: Claims) -> User | None:
    if not settings.OIDC_CREATES_USERS or not claims.email or not claims.is_verified:
        return None
    name = UNUSUAL.sub("", claims.user_name or claims.email)[:150]
    try:
        with transaction.atomic():
            # They may open the admin and have no right in it before somebody gives them one.
            user = User(
                username=name,
                email=claims.email,
                first_name=claims.first_name[:150],
                last_name=claims.last_name[:150],
                is_staff=True,
            )
            user.set_unusable_password()
            user.save()
    except IntegrityError:
        return None
    return user
