"""What `access` refuses; `code` is what edges translate, nobody parses a message."""

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from django.contrib.auth.models import Permission
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ledger.models import Company


class AccessError(Exception):
    """Anything that `access` refuses."""

    code: ClassVar[str] = "invalid"


class KeyRefused(AccessError):
    """The text given is no key that works now."""

    code = "not_authenticated"


class MalformedKey(KeyRefused):
    """The text hasn't the form of a key, or its checksum is wrong."""


class KeyReplaced(KeyRefused):
    """The text is one that the key had before, and works no more."""


class AddressRefused(KeyRefused):
    """The key isn't for use from this address."""


class TokenRefused(AccessError):
    """The text given is no access token that works now."""

    code = "not_authenticated"


class KeyEnded(AccessError):
    """The key is revoked for good."""


class GraceTooLong(AccessError):
    """An old key would work beside its new one for longer than is allowed."""


class AddOnMissing(AccessError):
    """The office or company hasn't ordered the add-on Integrations."""


class MoreThanYourself(AccessError):
    """Somebody would have a key of another person's that may more than they do themselves."""

    field = "rights"


class RightsLocked(AccessError):
    """A key would be given rights that its owner, or whoever gives them, lacks."""

    field = "permissions"

    def __init__(self, refused: Iterable[Permission]) -> None:
        self.refused = sorted(refused, key=lambda permission: permission.pk)

    def __str__(self) -> str:
        return ngettext(
            "%(count)s right is locked: the key's owner or you yourself lack it.",
            "%(count)s rights are locked: the key's owner or you yourself lack them.",
            len(self.refused),
        ) % {"count": len(self.refused)}


class WrongKeyKind(AccessError):
    """An office's key can't be used for this."""

    code = "wrong_key_kind"


class OfficeKeysUnsupported(WrongKeyKind):
    """The application takes no office keys."""


class KeyOfNoPlace(AccessError):
    """The key would be of an office that isn't named, or of two places."""


class ClientError(AccessError):
    """A company can't be a client as asked; `field` names what is wrong."""

    field = "company"
    message: ClassVar[str | Promise]

    def __init__(self, *companies: Company) -> None:
        self.companies = companies

    def __str__(self) -> str:
        return str(self.message) % {"companies": ", ".join(str(company) for company in self.companies)}


class ClientOfAnother(ClientError):
    """Another accounting office keeps the company's books."""

    message = _("Another accounting office keeps the books of %(companies)s. It has to leave that office first.")


class OwnCompanyAsClient(ClientError):
    """The office's own company isn't its client."""

    message = _("%(companies)s is the office's own company, so it can't be a client of it.")


class KeyTakesNoClients(AccessError):
    """The key is of no office, or opens nothing more."""


class GrantsRefused(AccessError):
    """Nothing was granted or withdrawn: what is wrong with each company (by number), or with the template."""

    code = "permission_denied"

    def __init__(self, message: str = "", *, by_company: Mapping[str, str] | None = None, template: str = "") -> None:
        super().__init__(message or template or "; ".join(f"{n}: {why}" for n, why in (by_company or {}).items()))
        self.by_company = by_company or {}
        self.template = template


class TemplateInUse(AccessError):
    """Keys have access by this template; `keys` are some of them."""

    def __init__(self, keys: Sequence[str], clients: int) -> None:
        super().__init__()
        self.keys, self.clients = keys, clients

    def __str__(self) -> str:
        text = ngettext(
            "Keys have access by it for %(clients)s client (%(keys)s). Choose another template there first.",
            "Keys have access by it for %(clients)s clients (%(keys)s). Choose another template there first.",
            self.clients,
        )
        return text % {"keys": ", ".join(self.keys), "clients": self.clients}


class BadNetwork(AccessError):
    """What is given as an address or a range of them is none."""

    code = "bad_network"
    field = "allowed_networks"


class MemberRefused(AccessError):
    """What was asked for somebody's membership can't be done; `field` names the input that is wrong."""

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class RightsNotHeld(MemberRefused):
    """Nobody gives or takes rights that they don't have themself."""

    code = "permission_denied"


class LastAdministrator(MemberRefused):
    """The account would have no administrator."""


class IdempotencyError(AccessError):
    """A request can't be told from another by its Idempotency-Key; `field` is the header."""

    field = "Idempotency-Key"
    message: ClassVar[str | Promise]

    def __init__(self) -> None:
        super().__init__(str(self.message))


class MalformedIdempotencyKey(IdempotencyError):
    """The header is empty, too long, or holds what it may not."""

    code = "invalid_idempotency_key"
    message = _(
        "An Idempotency-Key is 1 to 255 visible ASCII characters without comma, quotation mark and backslash; it may "
        "stand in quotation marks."
    )


class IdempotencyKeyReused(IdempotencyError):
    """Another request was answered under the same Idempotency-Key."""

    code = "idempotency_key_reused"
    message = _(
        "Another request was made with this Idempotency-Key. Nothing was done; use a new one for a new request."
    )


class IdempotencyKeyInUse(IdempotencyError):
    """A request with the same Idempotency-Key is under way."""

    code = "idempotency_key_in_use"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "1"}
    message = _("A request with this Idempotency-Key is under way. Send it again in a moment to have its answer.")
