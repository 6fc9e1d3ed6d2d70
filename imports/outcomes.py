"""What an import found, as it is stored, and as a page shows it in the reader's language."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from ledger.importing.exceptions import FileError
from ledger.importing.messages import Message, restored, stored
from ledger.importing.report import ImportReport

MOST_DIFFERENCES = 200
COUNTS = ("accounts", "customers", "suppliers", "objects", "vouchers", "rows", "balances")


def report_as_json(report: ImportReport) -> dict[str, Any]:
    """A report as it is stored; amounts are texts, remarks keep all their languages."""
    balances = report.balance_report
    differences = balances.differences if balances else ()
    return {
        "format": report.format,
        "version": report.version,
        "company": report.company,
        "company_name": report.company_name,
        "company_is_new": report.company_is_new,
        "years": [[first.isoformat(), last.isoformat()] for first, last in report.years],
        "counts": {name: getattr(report, name) for name in COUNTS},
        "changes": asdict(report.changes),
        "others_kept": report.others_kept,
        "warnings": [
            {"line": warning.line, "times": warning.times, "text": stored(warning.text)} for warning in report.warnings
        ],
        "is_compared": balances is not None,
        "different_accounts": len(differences),
        "differences": [
            {
                "account": found.account,
                "name": found.name,
                **{name: str(getattr(found, name)) for name in ("opening", "vouchers", "closing", "difference")},
            }
            for found in differences[:MOST_DIFFERENCES]
        ],
    }


def error_as_json(error: FileError) -> dict[str, Any]:
    """An error as it is stored."""
    return {
        "code": error.code,
        "line": error.line,
        "place": error.place,
        "excerpt": error.excerpt,
        "reason": stored(error.reason),
        "advice": stored(error.advice),
    }


@dataclass(frozen=True)
class ShownError:
    """An error as a page shows it."""

    line: int
    place: str
    excerpt: str
    reason: Message
    advice: Message


def shown_error(kept: Mapping[str, Any]) -> ShownError:
    """The error that was stored."""
    return ShownError(kept["line"], kept["place"], kept["excerpt"], restored(kept["reason"]), restored(kept["advice"]))


def shown_report(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The report that was stored, with dates, amounts and texts that a page shows in its reader's form."""
    return {
        **kept,
        "years": [[dt.date.fromisoformat(day) for day in span] for span in kept["years"]],
        "warnings": [{**warning, "text": restored(warning["text"])} for warning in kept["warnings"]],
        "differences": [
            {
                **found,
                **{name: Decimal(found[name]) for name in ("opening", "vouchers", "closing", "difference")},
            }
            for found in kept["differences"]
        ],
    }
