"""Making, checking, restoring and revoking API keys."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Least
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from access import keys
from access.add_on import is_activated
from access.exceptions import (
    AddOnMissing,
    AddressRefused,
    GraceTooLong,
    KeyEnded,
    KeyOfNoPlace,
    KeyRefused,
    KeyReplaced,
    OfficeKeysUnsupported,
)
from access.key_rights import Place, names_of, place_of, refuse_beyond
from access.models import ApiKey, Application, KeyKind, KeyRights, KeyState, Office, ReplacedSecret
from access.networks import canonical_networks, is_within
from access.rights import permissions_at
from access.signals import replaced_key_used
from history.actors import Actor
from history.models import Change
from history.services import note_event
from ledger.models import Company

LIFETIME = timedelta(days=365)
LONGEST_GRACE = timedelta(days=7)
USE_NOTED_EVERY = timedelta(minutes=1)

# What a wrong secret for an unknown key is compared with, so that both take as long.
_NO_DIGEST = "0" * 64


def default_expiry() -> datetime:
    """Return when a key made now ends unless somebody says otherwise."""
    return timezone.now() + LIFETIME


@sensitive_variables()
@transaction.atomic
def create_key(
    *,
    owner: User,
    application: Application,
    name: str,
    kind: KeyKind = KeyKind.END_USER,
    rights: KeyRights = KeyRights.ALL,
    expires_at: datetime | None = None,
    office: Office | None = None,
    company: Company | None = None,
    allowed_networks: Sequence[str] = (),
    by: User | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its text, which can never be had again; `by` is the person who gets to see it.

    `office` is whose clients an office's key is for, `company` the one that an end user's key is for; with neither
    the key is for all that its owner may. `rights` OWN copies what the owner may there now; NONE starts with nothing.
    `expires_at` None: never. Raises OfficeKeysUnsupported for an office key of an application that doesn't take them,
    AddOnMissing for a key of a place that hasn't ordered the add-on Integrations, BadNetwork, MoreThanYourself.
    """
    if kind == KeyKind.OFFICE and not application.supports_office_keys:
        raise OfficeKeysUnsupported(
            _("%(application)s does not support accounting offices' keys.") % {"application": application}
        )
    if (kind == KeyKind.OFFICE) != (office is not None):
        raise KeyOfNoPlace(_("An accounting office's key, and no other, is of an office."))
    if (office or company) and not is_activated(office=office, company=company):
        raise AddOnMissing(_("The add-on Integrations isn't ordered for %(place)s.") % {"place": office or company})
    if by is not None and rights != KeyRights.NONE:
        refuse_beyond(by=by, owner=owner, place=Place(office, company))
    parts = keys.make_key()
    key = ApiKey.objects.create(
        owner=owner,
        application=application,
        name=name,
        kind=kind,
        rights=rights,
        office=office,
        company=company,
        allowed_networks=canonical_networks(allowed_networks),
        expires_at=expires_at,
        public_id=parts.public_id,
        digest=_digest(parts),
    )
    if rights == KeyRights.OWN:
        key.permissions.set(permissions_at(owner, office=office, company=company))
    return key, parts.text()


@transaction.atomic
def application_named(*, name: str, supports_office_keys: bool = False) -> Application:
    """Return the application of a name that somebody typed in: a known one, however it is spelt in capitals, or a new.

    Whether a listed one takes office keys stands in the list; of others who types the name in vouches for it.
    """
    known = Application.objects.filter(name__iexact=name).order_by("-is_listed", "pk").first()
    if known is None:
        return Application.objects.create(name=name, supports_office_keys=supports_office_keys, is_listed=False)
    if supports_office_keys and not known.is_listed and not known.supports_office_keys:
        known.supports_office_keys = True
        known.save(update_fields=["supports_office_keys"])
    return known


def revoke_key(*, key: ApiKey) -> bool:
    """End a key at once; return False if it was revoked already."""
    revoked = ApiKey.objects.filter(pk=key.pk).unrevoked().update(revoked_at=timezone.now())
    key.refresh_from_db(fields=["revoked_at"])
    return revoked > 0


@sensitive_variables()
@transaction.atomic
def restore_key(
    *, key: ApiKey, grace: timedelta = timedelta(0), expires_at: datetime | None = None, by: User | None = None
) -> str:
    """Give a key a new text in place of its present one and return it; rights, clients and public id stay.

    The old text works on for `grace`, and texts before it no longer than that. The key then ends at `expires_at`
    (None: never). `by` is the person who gets to see it. Raises KeyEnded for a revoked key, GraceTooLong, and
    MoreThanYourself.
    """
    if not timedelta(0) <= grace <= LONGEST_GRACE:
        raise GraceTooLong(_("The old key may work for at most %(days)s days more.") % {"days": LONGEST_GRACE.days})
    related = ("owner", "office__company", "company")
    held = ApiKey.objects.select_for_update(of=("self",)).select_related(*related).get(pk=key.pk)
    if held.revoked_at is not None:
        raise KeyEnded(_("The API key is revoked, and a revoked key can't be brought back."))
    if by is not None:
        names = None if held.rights == KeyRights.ALL else names_of(held.permissions.all())
        refuse_beyond(by=by, owner=held.owner, place=place_of(held), names=names)
    now = timezone.now()
    held.replaced_secrets.filter(works_until__gt=now).update(works_until=Least(F("works_until"), now + grace))
    ReplacedSecret.objects.create(key=held, digest=held.digest, replaced_at=now, works_until=now + grace)
    parts = keys.make_key_of(held.public_id)
    ApiKey.objects.filter(pk=held.pk).update(digest=_digest(parts), expires_at=expires_at)
    _note_restored(held, works_until=now + grace if grace else None)
    key.refresh_from_db(fields=["digest", "expires_at"])
    return parts.text()


@transaction.atomic
def end_grace(*, key: ApiKey) -> bool:
    """Let no text work but the key's present one; return False if none did."""
    now = timezone.now()
    return key.replaced_secrets.filter(works_until__gt=now).update(works_until=now) > 0


@sensitive_variables()
def authenticate_key(text: str, *, address: str | None = None) -> ApiKey:
    """Return the key, with owner and application, whose text this is; one query, two for any but its present text.

    Raises KeyRefused, without a query if form or checksum is wrong; KeyReplaced, after announcing it, for a text that
    was replaced and works no more; AddressRefused for an `address` that the key isn't for. Notes the use, at most once
    a minute.
    """
    parts = keys.parse_key(text)
    key = ApiKey.objects.select_related("owner", "application", "office").filter(public_id=parts.public_id).first()
    digest, old = _digest(parts), None
    if not keys.same_digest(_NO_DIGEST if key is None else key.digest, digest):
        # Looked for with an unknown key as well, so that both take as long.
        old = ReplacedSecret.objects.filter(key__public_id=parts.public_id, digest=digest).first()
    if key is None or (old is None and key.digest != digest):
        raise KeyRefused(_("The API key is unknown."))
    now = timezone.now()
    if old is not None:
        _refuse_unless_in_grace(key, old, at=now, address=address)
    _refuse_unless_active(key.state(at=now))
    _refuse_unless_within(key, address=address)
    _note_use(key, at=now)
    if old is not None:
        _note_use_of_old(old, at=now)
    return key


def still_opens(*, key: ApiKey) -> ApiKey | None:
    """Return a key that was checked before as it is now, for requests that wait; None if it needs another look. One
    query."""
    now = ApiKey.objects.select_related("owner", "application", "office").filter(pk=key.pk).first()
    if now is None or (now.digest, now.allowed_networks) != (key.digest, key.allowed_networks):
        return None
    if now.state(at=timezone.now()) != KeyState.ACTIVE:
        return None
    return now


def key_to_act_as(*, public_id: str) -> ApiKey:
    """Return the key of a public id, whose doing something is to be done again. Raises KeyRefused unless it would open
    the API now."""
    key = ApiKey.objects.select_related("owner", "application", "office").filter(public_id=public_id).first()
    if key is None:
        raise KeyRefused(_("The API key is unknown."))
    _refuse_unless_active(key.state(at=timezone.now()))
    return key


def _refuse_unless_in_grace(key: ApiKey, old: ReplacedSecret, *, at: datetime, address: str | None) -> None:
    if at < old.works_until:
        return
    # Robust: an alarm that fails makes no error of a refusal.
    replaced_key_used.send_robust(
        ApiKey, key=key, replaced_at=old.replaced_at, works_until=old.works_until, address=address
    )
    raise KeyReplaced(_("The API key was replaced by a newer one."))


def _refuse_unless_active(state: KeyState) -> None:
    match state:
        case KeyState.REVOKED:
            raise KeyRefused(_("The API key is revoked."))
        case KeyState.EXPIRED:
            raise KeyRefused(_("The API key has expired."))
        case KeyState.OWNER_INACTIVE:
            raise KeyRefused(_("The owner of the API key is inactive."))
        case KeyState.ACTIVE:
            return


def _refuse_unless_within(key: ApiKey, *, address: str | None) -> None:
    if is_within(address, key.allowed_networks):
        return
    note_event(
        kind=Change.Kind.ADDRESS_REFUSED,
        subject=key,
        company=company_of(key),
        actor=Actor(
            user_id=key.owner_id, user_name=key.owner.get_username(), key_name=str(key), via="api", address=address
        ),
        most_an_hour=1,
    )
    raise AddressRefused(_("The API key can't be used from this address."))


def _note_use(key: ApiKey, *, at: datetime) -> None:
    if key.last_used_at is not None and at - key.last_used_at < USE_NOTED_EVERY:
        return
    # Conditional: of many requests at once, in whatever process, one writes.
    ApiKey.objects.filter(pk=key.pk).note_use(at=at, every=USE_NOTED_EVERY)


def _note_use_of_old(old: ReplacedSecret, *, at: datetime) -> None:
    unnoted = Q(last_used_at=None) | Q(last_used_at__lte=at - USE_NOTED_EVERY)
    ReplacedSecret.objects.filter(unnoted, pk=old.pk).update(last_used_at=at)


def _note_restored(key: ApiKey, *, works_until: datetime | None) -> None:
    note_event(
        kind=Change.Kind.KEY_RESTORED,
        subject=key,
        company=company_of(key),
        details={} if works_until is None else {"works_until": works_until.isoformat()},
    )


def actor_of(key: ApiKey, *, address: str | None) -> Actor:
    """Return as whose doing the audit log tells what a key does."""
    owner = key.owner
    return Actor(user_id=owner.pk, user_name=owner.get_username(), key_name=str(key), via="api", address=address)


def company_of(key: ApiKey) -> Company | None:
    """Return whose audit log tells of a key: its company, or its office's own; None for a key of the installation."""
    return key.office.company if key.office is not None else key.company


def _digest(parts: keys.KeyParts) -> str:
    return keys.digest(parts.secret, pepper=settings.API_KEY_PEPPER)
