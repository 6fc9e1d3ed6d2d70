"""The second factor: an authenticator app, and recovery codes for who has lost it."""

import secrets
from base64 import b32encode
from collections.abc import Sequence
from urllib.parse import quote, urlencode

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.views.decorators.debug import sensitive_variables
from django_otp.plugins.otp_static.models import StaticToken

from history.actors import Actor
from history.models import Change
from history.services import note_event
from sign_in import sessions
from sign_in.exceptions import CodeRefused, CodeTooSoon
from sign_in.models import Authenticator, RecoveryCodes, SignInMethod

ISSUER = "Utkorg"
DIGITS = 6
CODES = 10
LENGTH, GROUP = 12, 4
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another


# Who has one, and who must


def is_on(user: User) -> bool:
    """Whether a person signs in with a second factor."""
    return Authenticator.objects.filter(user=user, confirmed=True).exists()


def authenticator_of(user: User) -> Authenticator | None:
    """A person's authenticator in use."""
    return Authenticator.objects.filter(user=user, confirmed=True).first()


def is_required_of(user: User) -> bool:
    """Whether the installation asks a second factor of a person."""
    match settings.UTKORG_TWO_FACTOR:
        case "everybody":
            return True
        case "superusers":
            return user.is_superuser
        case _:
            return False


def codes_left(user: User) -> int:
    """How many recovery codes a person hasn't used."""
    return StaticToken.objects.filter(device__user=user).count()


# Turning it on


def waiting_authenticator(*, user: User) -> Authenticator:
    """The authenticator that a person is about to confirm; the same one until they have."""
    found: Authenticator | None = Authenticator.objects.filter(user=user, confirmed=False).order_by("pk").first()
    made: Authenticator = found or Authenticator.objects.create(user=user, confirmed=False, name=ISSUER)
    return made


def setup_key(authenticator: Authenticator) -> str:
    """The secret as people type it where no camera can read it."""
    return b32encode(authenticator.bin_key).decode()


def setup_address(authenticator: Authenticator) -> str:
    """The secret as the app reads it from a picture."""
    label = quote(f"{ISSUER}:{authenticator.user.get_username()}")
    wanted = {"secret": setup_key(authenticator), "issuer": ISSUER, "algorithm": "SHA1", "digits": DIGITS, "period": 30}
    return f"otpauth://totp/{label}?{urlencode(wanted)}"


@sensitive_variables()
def turn_on(*, user: User, code: str, kept_session: str | None) -> list[str]:
    """Confirm the authenticator by its first code; return the recovery codes, which can never be had again.

    Other sessions end: they have shown a password alone. Raises CodeRefused or CodeTooSoon.
    """
    waiting = waiting_authenticator(user=user)
    _verify(user, Authenticator, waiting.pk, digits_of(code))
    with transaction.atomic():
        Authenticator.objects.filter(user=user).exclude(pk=waiting.pk).delete()
        Authenticator.objects.filter(pk=waiting.pk).update(confirmed=True)
        codes = _new_codes(user)
        sessions.end_all(user=user, but=kept_session)
        note_event(kind=Change.Kind.SECOND_FACTOR_ON, subject=user)
    return codes


@sensitive_variables()
@transaction.atomic
def new_codes(*, user: User) -> list[str]:
    """Make recovery codes; those from before are worth nothing."""
    codes = _new_codes(user)
    note_event(kind=Change.Kind.RECOVERY_CODES_MADE, subject=user)
    return codes


@transaction.atomic
def turn_off(*, user: User, kept_session: str | None = None) -> bool:
    """Forget a person's authenticator and codes and end their other sessions; False if there were none."""
    gone, _by_model = Authenticator.objects.filter(user=user).delete()
    RecoveryCodes.objects.filter(user=user).delete()
    sessions.end_all(user=user, but=kept_session)
    if gone:
        note_event(kind=Change.Kind.SECOND_FACTOR_OFF, subject=user)
    return gone > 0


# Signing in with it


@sensitive_variables()
def check(*, user: User, text: str, actor: Actor) -> SignInMethod:
    """Take a code of the app or a recovery code, whichever it looks like.

    Raises CodeRefused or CodeTooSoon.
    """
    digits = digits_of(text)
    if len(digits) == DIGITS and digits.isdecimal():
        _verify(user, Authenticator, _key_of(user, Authenticator), digits)
        return SignInMethod.CODE
    _verify(user, RecoveryCodes, _key_of(user, RecoveryCodes), plain(text))
    note_event(
        kind=Change.Kind.RECOVERY_CODE_USED,
        subject=user,
        actor=actor,
        details={"recovery_codes_left": codes_left(user)},
    )
    return SignInMethod.RECOVERY_CODE


def digits_of(text: str) -> str:
    """A code as the app means it, however it was typed."""
    return "".join(text.split())


def plain(code: str) -> str:
    """A recovery code as it is counted, however it was typed."""
    return "".join(letter for letter in code.lower() if letter.isalnum())


def _key_of(user: User, model: type[Authenticator] | type[RecoveryCodes]) -> int | None:
    found = model.objects.filter(user=user, confirmed=True).order_by("pk").values_list("pk", flat=True).first()
    return None if found is None else int(found)


@sensitive_variables()
def _verify(user: User, model: type[Authenticator] | type[RecoveryCodes], key: int | None, code: str) -> None:
    # Of several tries at once one is looked at after the other: a code is taken once.
    with transaction.atomic():
        device = model.objects.select_for_update().filter(user=user, pk=key).first()
        if device is None:
            raise CodeRefused
        may, why_not = device.verify_is_allowed()
        if not may:
            raise CodeTooSoon(why_not["locked_until"])
        is_right = device.verify_token(code)
    # Outside: that it was wrong must be remembered.
    if not is_right:
        raise CodeRefused


@sensitive_variables()
def _new_codes(user: User) -> list[str]:
    codes = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(CODES)]
    RecoveryCodes.objects.filter(user=user).delete()
    holder = RecoveryCodes.objects.create(user=user, name=ISSUER, confirmed=True)
    StaticToken.objects.bulk_create(StaticToken(device_id=holder.pk, token=holder.digest(code)) for code in codes)
    return [_grouped(code) for code in codes]


def _grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def as_file(codes: Sequence[str], *, user: User) -> str:
    """The codes as a text to keep."""
    return "\n".join([f"{ISSUER}: {user.get_username()}", "", *codes, ""])
