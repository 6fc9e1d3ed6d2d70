"""All checks of an invoice."""

from collections.abc import Callable, Iterator

from inbox.checks import check_digits, lines, norway, peppol, required, sweden, totals, vat
from inbox.formats.findings import Finding
from inbox.formats.invoice import Invoice

CHECKS: tuple[Callable[[Invoice], Iterator[Finding]], ...] = (
    required.findings,
    totals.findings,
    vat.findings,
    lines.findings,
    peppol.findings,
    sweden.findings,
    norway.findings,
    check_digits.findings,
)
# Of an invoice that is wrong in every line, these are enough.
MOST_FINDINGS = 500
_ORDER = {"error": 0, "warning": 1, "note": 2}


def check(invoice: Invoice) -> tuple[Finding, ...]:
    """What is odd about the invoice, with what was remarked when it was read: the worst first."""
    found = [*invoice.remarks]
    for findings in CHECKS:
        for finding in findings(invoice):
            if len(found) >= MOST_FINDINGS:
                break
            found.append(finding)
    return tuple(sorted(found, key=lambda finding: _ORDER[finding.severity]))
