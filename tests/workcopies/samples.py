"""Working copies and check-ins in every state, as pages are looked at and rights are tried with."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.utils import timezone

from ledger.models import Company
from workcopies.exceptions import ForeignFile, NoRoom, as_kept
from workcopies.models import CheckIn, WorkingCopy

Copy, Status = WorkingCopy.Status, CheckIn.Status


def make_copy(*companies: Company, by: User, name: str, status: str = Copy.OUT, **fields: Any) -> WorkingCopy:
    """A working copy as the list knows it."""
    made = timezone.now() - timedelta(days=3)
    known: dict[str, Any] = {"made_at": made, "rows": 18_204, "size": 7_340_032} if status != Copy.WAITING else {}
    copy = WorkingCopy.objects.create(
        name=name, status=status, made_by=by, made_by_name=by.username, asked_at=made, **{**known, **fields}
    )
    copy.companies.set(companies)
    return copy


def make_check_in(copy: WorkingCopy | None, *, by: User, status: str, **fields: Any) -> CheckIn:
    """A check-in as the list knows it."""
    name = f"{copy or 'semesterbild'}.utkorg"
    known: dict[str, Any] = {"size": 7_340_032, "via": "admin", "by_name": by.username, "language": "sv"}
    return CheckIn.objects.create(working_copy=copy, by=by, name=name, status=status, **{**known, **fields})


def make_working_copies(user: User, books: Company, others: Sequence[Company]) -> None:
    """Some in each state."""
    withdrawn = timezone.now() - timedelta(days=1)
    out = make_copy(books, by=user, name="Resa till Umeå", file="b1d1", checked_in_at=withdrawn)
    make_copy(*others[:14], by=user, name="Byråns kunder, bokslut", status=Copy.WAITING)
    make_copy(books, by=user, name="Hela bolaget", status=Copy.FAILED, error=as_kept(NoRoom()))
    make_copy(
        *others[:3], by=user, name="Gammal bärbar", status=Copy.WITHDRAWN, withdrawn_at=withdrawn, withdrawn_by=user
    )
    ended = {"finished_at": timezone.now()}
    make_check_in(out, by=user, status=Status.WAITING)
    ready = make_check_in(out, by=user, status=Status.READY, preview=preview_of(books.number, held=True))
    ready.file.save("file", ContentFile(b"SQLite format 3\0"))
    make_check_in(None, by=user, status=Status.REFUSED, error=as_kept(ForeignFile()), **ended)
    make_check_in(out, by=user, status=Status.CANCELLED, **ended)
    kept = preview_of(books.number)
    report = {name: kept[name] for name in ("landed", "conflicts", "refused", "unchanged")}
    make_check_in(out, by=user, status=Status.DONE, preview=kept, report=report, **ended)


def preview_of(number: str, *, held: bool = False) -> dict[str, Any]:
    """What a check-in found: some of each."""

    def key(company: str = number, **more: Any) -> dict[str, Any]:
        return {"company": company, **more}

    def voucher(name: str) -> dict[str, Any]:
        return {
            "information_type": "ledger_entries",
            "register": "ledger_voucher",
            "key": key(financial_year="2010-01-01", series="A", number=name),
        }

    def account(name: str) -> dict[str, Any]:
        return {"information_type": "accounts", "register": "ledger_account", "key": key(number=name)}

    landed = [
        *({**voucher(str(161 + n)), "operation": "created", "provisional": f"P{n}"} for n in range(1, 4)),
        {**account("1930"), "operation": "changed"},
        {**account("1099"), "operation": "deleted"},
    ]
    sides = {"voucher_text": {"base": "Hyra", "mine": "Hyra maj", "theirs": "Hyra juni"}}
    refused = "Perioden är låst till och med 2010-03-31."
    theirs = [
        {
            "information_type": "supplier_invoices",
            "register": "ledger_supplierinvoice",
            "key": key(number=str(n)),
            "operation": "created",
        }
        for n in range(1, 4)
    ]
    missing = {"information_type": "accounts", "missing": 41 if held else 1, "of": 456, "held": held}
    lists = {
        "landed": landed,
        "conflicts": [{**voucher("7"), "fields": {**sides, "rows.2.amount": {}}}],
        "refused": [{**voucher("12"), "reason": refused}],
        "theirs": theirs,
    }
    return {
        "dry_run": held,
        "warnings": [],
        "sides": {
            "ledger_account": {"mine": 2, "theirs": 0, "both": 0, "same": 1},
            "ledger_voucher": {"mine": 4, "theirs": 0, "both": 1, "same": 0},
            "ledger_supplierinvoice": {"mine": 0, "theirs": 3, "both": 0, "same": 0},
        },
        "deletions": [missing],
        "many_deletions": [missing] if held else [],
        "counts": {"unchanged": 643},
        "unchanged": 643,
        **lists,
        **{f"{name}_total": len(found) for name, found in lists.items()},
    }
