"""The bank account that an invoice asks to be paid to, beside those that the register has of its supplier."""

import dataclasses
import enum
import re
from collections.abc import Mapping, Sequence
from typing import Any

from inbox.formats.numbers import written
from inbox.models import IncomingInvoice
from ledger.models import Supplier

SEPARATORS = re.compile(r"[\s.\-–/]+")
IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
BANKGIRO = re.compile(r"[0-9]{3,4}-[0-9]{4}")
PLUSGIRO = re.compile(r"[0-9 ]{1,8}-[0-9]")
KINDS = ("bankgiro", "plusgiro", "iban")  # the fields that a supplier has for them
NORWEGIAN_IBAN = re.compile(r"NO[0-9]{2}([0-9]{11})")


class Difference(enum.StrEnum):
    """How an invoice's account stands to those of the register."""

    NONE = "none"  # the invoice names none
    SAME = "same"
    NEW = "new"  # the register knows none of the supplier's
    CHANGED = "changed"


@dataclasses.dataclass(frozen=True)
class BankAccount:
    """An account as it is written; `kind` is the supplier's field for it, or empty."""

    number: str
    kind: str = ""

    @property
    def plain(self) -> str:
        """As it is compared."""
        return plain(self.number)

    @property
    def written(self) -> str:
        """As people write one of its kind, so that two of them can be compared by eye."""
        return written(self.number, self.kind)


def plain(number: str) -> str:
    """An account as it is compared: without blanks and punctuation, a Norwegian one without what an IBAN adds."""
    compact = SEPARATORS.sub("", number).upper()
    norwegian = NORWEGIAN_IBAN.fullmatch(compact)
    return norwegian[1] if norwegian else compact


def account_of(incoming: IncomingInvoice) -> BankAccount:
    """Return what a person has entered, or else the first that the document names."""
    return next(iter(accounts_of(incoming)), BankAccount(""))


def accounts_of(incoming: IncomingInvoice) -> list[BankAccount]:
    """Return all of them: what a person has entered stands for all that the document names."""
    if incoming.account:
        return [read(incoming.account)]
    payments: list[Mapping[str, Any]] = (incoming.content or {}).get("payments") or []
    found = []
    for payment in payments:
        if number := str(payment.get("account") or ""):
            branch = str(payment.get("branch") or "").upper()
            kind = {"SE:BANKGIRO": "bankgiro", "SE:PLUSGIRO": "plusgiro"}.get(branch)
            found.append(BankAccount(number, kind) if kind else read(number))
    return found


def read(number: str) -> BankAccount:
    """Tell an account's kind by how it is written."""
    written = number.strip()
    if IBAN.fullmatch(SEPARATORS.sub("", written).upper()):
        return BankAccount(written, "iban")
    if BANKGIRO.fullmatch(written):
        return BankAccount(written, "bankgiro")
    return BankAccount(written, "plusgiro" if PLUSGIRO.fullmatch(written) else "")


def known_of(supplier: Supplier) -> list[BankAccount]:
    """Return the accounts that the register has of a supplier."""
    return [BankAccount(number, kind) for kind in KINDS if (number := getattr(supplier, kind))]


def compare(accounts: Sequence[BankAccount], supplier: Supplier | None) -> Difference:
    """Tell how an invoice's accounts stand to the register's: one that is known is enough to pay to."""
    if not accounts:
        return Difference.NONE
    known = {one.plain for one in known_of(supplier)} if supplier else set()
    if not known:
        return Difference.NEW
    return Difference.CHANGED if known.isdisjoint(account.plain for account in accounts) else Difference.SAME
