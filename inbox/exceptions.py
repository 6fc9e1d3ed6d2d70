"""What the e-mail portal refuses, with stable codes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from inbox.formats import Finding


class InboxError(Exception):
    """The portal can't do this; `str` gives the reason in the language in force, `field` what of the input is wrong."""

    code = "invalid"
    field: str | None = None
    message: str | Promise = _("The e-mail portal can't do this.")

    def __init__(self, message: str | Promise | None = None, *, field: str | None = None) -> None:
        super().__init__(message or self.message)
        self.field = field or self.field

    def __str__(self) -> str:
        return str(self.args[0])


class AlreadyHandled(InboxError):
    """Somebody else has done something with the invoice meanwhile."""

    code = "already_handled"
    message = _("Somebody has handled the invoice meanwhile. Look at it again.")


class NotRegistered(InboxError):
    """An invoice is posted once it is registered."""

    code = "not_registered"
    message = _("Register the invoice first: only a registered one can be posted.")


class ExchangeRateNeeded(InboxError):
    """The invoice is in another currency than the company's books."""

    code = "exchange_rate_needed"
    field = "exchange_rate"
    message = _("The invoice is in %(currency)s. Say what one %(currency)s costs in %(books)s.")

    def __init__(self, *, currency: str, books: str) -> None:
        super().__init__(str(self.message) % {"currency": currency, "books": books})


class NotInQuarantine(InboxError):
    """Only what is in quarantine is released from it or removed."""

    code = "not_in_quarantine"
    message = _("The message isn't in quarantine any more: somebody has handled it meanwhile.")


class NotRemoved(InboxError):
    """Only what was removed from quarantine is taken back."""

    code = "not_removed"
    message = _("The message can't be taken back: somebody has done so, or its time is over.")


class CompanyNeeded(InboxError):
    """A message that nobody could tell the company of is released to one."""

    code = "company_needed"
    field = "company"
    message = _("Choose the company that the message is for.")


class DocumentRefused(InboxError):
    """What was handed in doesn't become an invoice; `code` says why, `findings` what doesn't fit the register."""

    def __init__(self, code: str, message: str | Promise, findings: "Sequence[Finding]" = ()) -> None:
        super().__init__(message)
        self.code = code
        self.findings = tuple(findings)


class DoesNotFit(InboxError):
    """The register can't hold an invoice as it is; `findings` say what is missing or too long."""

    code = "does_not_fit"
    message = _("The register can't hold the invoice as it is.")

    def __init__(self, findings: "Sequence[Finding]") -> None:
        super().__init__()
        self.findings = tuple(findings)


class ChangedMeanwhile(InboxError):
    """What a page shows of an invoice isn't so any more."""

    code = "changed_meanwhile"
    message = _("Somebody has changed this invoice meanwhile. Nothing of yours is written yet.")


class SupplierMissing(InboxError):
    """An invoice is registered of a supplier."""

    code = "supplier_missing"
    field = "supplier"
    message = _("Choose the supplier, or make a new one.")


class AccountNotConfirmed(InboxError):
    """The invoice asks to be paid to another account than the supplier's, and nobody has said that it is right."""

    code = "account_not_confirmed"
    field = "confirms_account"
    message = _("The bank account isn't the one that the supplier has. Make sure that it is right, and say so here.")


class NothingToReply(InboxError):
    """Who sent the invoice can't or mustn't be answered."""

    code = "nothing_to_reply"
    field = "replies"
    message = _("The sender can't be answered: the message came from a robot, or has no address.")


class ContentGone(InboxError):
    """A message was stored, and isn't any more."""

    code = "content_gone"
    message = _("What the message said is no longer in the mail storage.")


class CompanyGone(InboxError):
    """A message is for a company that this database doesn't have."""

    code = "company_gone"
    message = _("The message is for company %(company)s, which isn't here.")

    def __init__(self, *, company: str) -> None:
        super().__init__(str(self.message) % {"company": company})
