"""What `access` refuses; `code` is what edges translate, nobody parses a message."""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ledger.models import Company


class AccessError(Exception):
    """Anything that `access` refuses."""

    code: ClassVar[str] = "invalid"


class KeyRefused(AccessError):
    """The text given is no key that works now."""

    code = "not_authenticated"


class MalformedKey(KeyRefused):
    """The text hasn't the form of a key, or its checksum is wrong."""


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
