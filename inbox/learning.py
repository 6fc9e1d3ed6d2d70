"""What a supplier is known by from the invoice that somebody registered of them."""

import re
from collections.abc import Iterator

from inbox.models import IncomingInvoice, SupplierIdentity
from ledger.models import Supplier

SEPARATORS = re.compile(r"[\s.\-–/]+")
GLN = "0088"  # ISO 6523's code of GS1 location numbers


def learn(*, incoming: IncomingInvoice, supplier: Supplier) -> None:
    """Know the supplier by what the document says of its seller; what was another's is this one's from now on."""
    for scheme, value in _identities(incoming):
        SupplierIdentity.objects.update_or_create(
            company=incoming.company, scheme=scheme, value=value, defaults={"supplier": supplier}
        )


def _identities(incoming: IncomingInvoice) -> Iterator[tuple[str, str]]:
    seller = (incoming.content or {}).get("seller") or {}
    if vat := _normal(seller.get("vat_number")):
        yield "vat", vat
    if endpoint := _normal(seller.get("endpoint")):
        scheme = str(seller.get("endpoint_scheme") or "")
        yield ("gln", endpoint) if scheme == GLN else ("endpoint", f"{scheme}:{endpoint}" if scheme else endpoint)


def _normal(value: object) -> str:
    return SEPARATORS.sub("", str(value or "")).upper()[:100]
