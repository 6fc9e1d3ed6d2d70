"""Proves that a copy equals the register: computes the figures of `GET /api/v1/reconciliation` from the copy's rows.

The recipe is in docs/reconciliation.md. Needs Python 3.11 and nothing else.

    python3 reconciliation.py ANSWER.json ROWS.ndjson [--figures]

ANSWER.json is what `reconciliation` answered, ROWS.ndjson the copy's rows of that type: one `data` a line, as it was
fetched. It prints every company and month that differs, and ends with 1 if any does. With `--figures` it prints the
copy's own figures instead, in the form of the answer: an administrator can paste them into the reconciliation's page.
"""

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

MODULUS = 1 << 64


def part(value: str | int | None) -> str:
    """One value of a line: null is told from every text, and a separator within a text from those between parts."""
    if value is None:
        return "\\N"
    return str(value).replace("\\", "\\\\").replace("|", "\\|")


def line(data: dict[str, Any], recipe: dict[str, Any]) -> str:
    """A row as one line: the parts of its key, then its amount if the type has one."""
    names = recipe["key"] + ([recipe["amount"]] if recipe["amount"] else [])
    return "|".join(part(data[name]) for name in names)


def number(text: str) -> int:
    """A line as a number: the first eight bytes of the SHA-256 of its UTF-8, the most significant first."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8")).digest()[:8], "big")


class Figures:
    """A month's figures; rows may be added and taken away in any order."""

    def __init__(self, recipe: dict[str, Any]) -> None:
        self.recipe = recipe
        self.rows = self.numbers = 0
        self.debit = self.credit = Decimal(0)

    def add(self, data: dict[str, Any], times: int = 1) -> None:
        """Count a row in; with `times=-1` out again."""
        self.rows += times
        self.numbers = (self.numbers + times * number(line(data, self.recipe))) % MODULUS
        amount = Decimal((self.recipe["amount"] and data[self.recipe["amount"]]) or 0)
        if amount > 0:
            self.debit += times * amount
        else:
            self.credit += times * amount

    def differences(self, register: dict[str, Any] | None) -> list[str]:
        """What differs from a month of the register, which has none for a month without rows."""
        theirs = register or {"rows": 0, "debit": "0", "credit": "0", "hash": "0" * 16}
        pairs = {
            "rows": (self.rows, theirs["rows"]),
            "debit": (self.debit, self.debit if theirs["debit"] is None else Decimal(theirs["debit"])),
            "credit": (self.credit, self.credit if theirs["credit"] is None else Decimal(theirs["credit"])),
            "hash": (f"{self.numbers:016x}", theirs["hash"]),
        }
        return [f"{name}: copy {ours}, register {wanted}" for name, (ours, wanted) in pairs.items() if ours != wanted]


def figures(rows: Iterable[dict[str, Any]], recipe: dict[str, Any]) -> dict[tuple[str, str | None], Figures]:
    """The figures of a copy's rows, by company and month."""
    found: dict[tuple[str, str | None], Figures] = {}
    for data in rows:
        day = recipe["date"] and data[recipe["date"]]
        place = (data["company"], day and day[:7])
        found.setdefault(place, Figures(recipe)).add(data)
    return found


def compare(answer: dict[str, Any], rows: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str | None, list[str]]]:
    """Every company and month of the answer in which the copy differs, and how."""
    ours = figures(rows, answer["recipe"])
    first, last = answer["period_from"] or "", answer["period_to"] or "~"
    for company in answer["companies"]:
        register = {month["period"]: month for month in company["periods"]}
        known = {month for number, month in ours if number == company["company"]}
        for month in sorted(known | register.keys(), key=lambda one: one or ""):
            if month is not None and not first <= month <= last:
                continue
            mine = ours.get((company["company"], month), Figures(answer["recipe"]))
            if found := mine.differences(register.get(month)):
                yield company["company"], month, found


def in_form_of_answer(found: dict[tuple[str, str | None], Figures]) -> dict[str, Any]:
    """A copy's figures as `reconciliation` would answer them."""
    companies: dict[str, list[dict[str, Any]]] = {}
    for (company, month), of_month in sorted(found.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        has_amount = of_month.recipe["amount"] is not None
        companies.setdefault(company, []).append(
            {
                "period": month,
                "rows": of_month.rows,
                "debit": str(of_month.debit) if has_amount else None,
                "credit": str(of_month.credit) if has_amount else None,
                "hash": f"{of_month.numbers:016x}",
            }
        )
    return {"companies": [{"company": number, "periods": months} for number, months in companies.items()]}


def main(answer_file: str, rows_file: str, *options: str) -> int:
    """Compare two files; 1 if they differ."""
    answer = json.loads(Path(answer_file).read_text(encoding="utf-8"))
    with Path(rows_file).open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    if "--figures" in options:
        print(json.dumps(in_form_of_answer(figures(rows, answer["recipe"]))))
        return 0
    different = list(compare(answer, rows))
    for company in answer["companies"]:
        if company["queued"] or company["unqueued"] or company["resync"]:
            print(f"{company['company']}: not all of it is fetched and acknowledged; it may differ for that alone.")
    for number, month, found in different:
        print(f"{number} {month or 'all'}: {'; '.join(found)}")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
