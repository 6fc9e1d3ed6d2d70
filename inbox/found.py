"""What is the same for all invoices of a message, so that it is asked once and not for each of them.

It holds while the company's turn is held: nobody else lets invoices come in meanwhile, and locked suppliers stay so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from inbox.models import IncomingInvoice
from ledger.models import Company, Supplier

Stated = frozenset[tuple[str, frozenset[str]]]


@dataclass
class Found:
    """What the landing of one message has found so far; `documents` are contents that came in another message too,
    None where nobody has looked."""

    suppliers: dict[Stated, Mapping[str, list[Supplier]]] = field(default_factory=dict)
    locked: set[int] = field(default_factory=set)
    documents: frozenset[str] | None = None

    def lock(self, supplier: Supplier) -> None:
        """Lock a supplier till the transaction's end: others who register an invoice of theirs wait."""
        if supplier.pk not in self.locked:
            Supplier.objects.select_for_update(no_key=True).get(pk=supplier.pk)
            self.locked.add(supplier.pk)

    def may_have_come(self, digest: str) -> bool:
        """Whether an invoice with this document may have come in another message."""
        return self.documents is None or digest in self.documents


def found_for(*, company: Company, digests: Iterable[str]) -> Found:
    """Look, in the company's turn, which of a message's documents came before."""
    known = IncomingInvoice.objects.filter(company=company, document__digest__in=set(digests))
    return Found(documents=frozenset(known.values_list("document__digest", flat=True)))
