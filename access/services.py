"""Making, checking and revoking API keys."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_variables

from access import keys
from access.exceptions import KeyOfNoPlace, KeyRefused, OfficeKeysUnsupported
from access.models import ApiKey, Application, KeyKind, KeyRights, KeyState, Office
from access.rights import permissions_at
from ledger.models import Company

LIFETIME = timedelta(days=365)
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
) -> tuple[ApiKey, str]:
    """Make a key and return it with its text, which can never be had again.

    `office` is whose clients an office's key is for, `company` the one that an end user's key is for; with neither
    the key is for all that its owner may. `rights` OWN copies what the owner may there now; NONE starts with nothing.
    `expires_at` None: never. Raises OfficeKeysUnsupported for an office key of an application that doesn't take them.
    """
    if kind == KeyKind.OFFICE and not application.supports_office_keys:
        raise OfficeKeysUnsupported(
            _("%(application)s does not support accounting offices' keys.") % {"application": application}
        )
    if (kind == KeyKind.OFFICE) != (office is not None):
        raise KeyOfNoPlace(_("An accounting office's key, and no other, is of an office."))
    parts = keys.make_key()
    key = ApiKey.objects.create(
        owner=owner,
        application=application,
        name=name,
        kind=kind,
        rights=rights,
        office=office,
        company=company,
        allowed_networks=list(allowed_networks),
        expires_at=expires_at,
        public_id=parts.public_id,
        digest=_digest(parts),
    )
    if rights == KeyRights.OWN:
        key.permissions.set(permissions_at(owner, office=office, company=company))
    return key, parts.text()


def revoke_key(*, key: ApiKey) -> bool:
    """End a key at once; return False if it was revoked already."""
    revoked = ApiKey.objects.filter(pk=key.pk).unrevoked().update(revoked_at=timezone.now())
    key.refresh_from_db(fields=["revoked_at"])
    return revoked > 0


@sensitive_variables()
def authenticate_key(text: str) -> ApiKey:
    """Return the key, with owner and application, whose text this is; one query.

    Raises KeyRefused, without a query if form or checksum is wrong. Notes the use, at most once
    a minute.
    """
    parts = keys.parse_key(text)
    key = ApiKey.objects.select_related("owner", "application", "office").filter(public_id=parts.public_id).first()
    stored = _NO_DIGEST if key is None else key.digest
    if not keys.same_digest(stored, _digest(parts)) or key is None:
        raise KeyRefused(_("The API key is unknown."))
    now = timezone.now()
    _refuse_unless_active(key.state(at=now))
    _note_use(key, at=now)
    return key


def still_opens(*, key: ApiKey) -> bool:
    """Tell whether a key that was checked before opens anything now; for requests that wait. One query."""
    now = ApiKey.objects.select_related("owner").filter(pk=key.pk).first()
    return now is not None and now.state(at=timezone.now()) == KeyState.ACTIVE


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


def _note_use(key: ApiKey, *, at: datetime) -> None:
    if key.last_used_at is not None and at - key.last_used_at < USE_NOTED_EVERY:
        return
    # Conditional: of many requests at once, in whatever process, one writes.
    ApiKey.objects.filter(pk=key.pk).note_use(at=at, every=USE_NOTED_EVERY)


def _digest(parts: keys.KeyParts) -> str:
    return keys.digest(parts.secret, pepper=settings.API_KEY_PEPPER)
