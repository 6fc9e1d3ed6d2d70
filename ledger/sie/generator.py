"""Large SIE files of type 4, for tests and measurements only: the same arguments give the same bytes.

Realistic where it costs: vouchers of two to eight rows, objects of three dimensions, texts with Swedish letters, quotes
and quantities, several series, and balances that fit.
"""

import random
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TextIO

ACCOUNTS = {
    **{str(1000 + 10 * n): f"Tillgång {n}" for n in range(1, 60)},
    **{str(2000 + 10 * n): f"Skuld {n}" for n in range(1, 60)},
    **{str(3000 + 10 * n): f"Försäljning {n}" for n in range(1, 60)},
    **{str(4000 + 10 * n): f"Inköp av varor {n}" for n in range(1, 300)},
}
SERIES = ("A", "B", "K", "L")
TEXTS = (
    "Kundinbetalning",
    "Inköp av frimärken",
    'Hyra för lokalen \\"Ängen\\"',
    "Kaffebröd till mötet på Öland",
    "Årsavgift, försäkring",
    "Faktnr: {n}, Namn: Åkeri & Söner AB",
)
COST_CENTRES = tuple(str(10 * n) for n in range(1, 40))
PROJECTS = tuple(f"P{n}" for n in range(1, 400))
EMPLOYEES = tuple(str(100 + n) for n in range(1, 200))
LAST_ACCOUNT_WITH_BALANCE = "3000"


def write_sie(path: Path, *, rows: int, year: int = 2024, name: str = "Storbolaget AB", seed: int = 1) -> int:
    """Write a file with at least `rows` rows, whole vouchers, in code page 437; return how many rows it has."""
    with path.open("w", encoding="cp437", newline="\r\n") as file:
        return _write(file, rows, year, name, random.Random(seed))  # noqa: S311 (the same every time is the point)


def _write(file: TextIO, rows: int, year: int, name: str, dice: random.Random) -> int:
    file.writelines(_head(year, name))
    totals: Counter[str] = Counter()
    written = number = 0
    while written < rows:
        number += 1
        for line, account, hundredths in _voucher(number, year, dice):
            file.write(line)
            if account:
                totals[account] += hundredths
                written += 1
    file.writelines(_closing(totals))
    return written


def _head(year: int, name: str) -> Iterator[str]:
    yield "#FLAGGA 0\n#FORMAT PC8\n#SIETYP 4\n"
    yield f'#PROGRAM "Utkorg" 1\n#FNAMN "{name}"\n#FNR "STOR"\n#ORGNR 556000-0001\n'
    yield f"#RAR 0 {year}0101 {year}1231\n#VALUTA SEK\n"
    for number, account_name in ACCOUNTS.items():
        yield f'#KONTO {number} "{account_name}"\n'
    yield '#DIM 1 "Kostnadsställe"\n#DIM 6 "Projekt"\n#DIM 7 "Anställd"\n'
    for dimension, codes in ((1, COST_CENTRES), (6, PROJECTS), (7, EMPLOYEES)):
        for code in codes:
            yield f'#OBJEKT {dimension} "{code}" "Objekt {code} på Åsen"\n'


def _voucher(number: int, year: int, dice: random.Random) -> Iterator[tuple[str, str, int]]:
    """The voucher's lines; rows with their account and their amount in hundredths."""
    date = f"{year}{dice.randint(1, 12):02}{dice.randint(1, 28):02}"
    text = dice.choice(TEXTS).format(n=number)
    yield f'#VER {dice.choice(SERIES)} {number} {date} "{text}" {date}\n{{\n', "", 0
    rows = dice.randint(2, 8)
    amounts = [dice.randint(-9_999_999, 9_999_999) for _row in range(rows - 1)]
    for row, hundredths in enumerate([*amounts, -sum(amounts)]):
        account = dice.choice(_NUMBERS)
        row_text = dice.choice(TEXTS).format(n=number)
        quantity = f" {dice.randint(1, 400) / 4}" if row % 4 == 0 else ""
        amount = Decimal(hundredths).scaleb(-2)
        yield f'   #TRANS {account} {_objects(dice)} {amount} {date} "{row_text}"{quantity}\n', account, hundredths
    yield "}\n", "", 0


_NUMBERS = tuple(ACCOUNTS)


def _objects(dice: random.Random) -> str:
    parts = []
    for share, dimension, codes in ((0.6, 1, COST_CENTRES), (0.4, 6, PROJECTS), (0.1, 7, EMPLOYEES)):
        if dice.random() < share:
            parts.append(f'{dimension} "{dice.choice(codes)}"')
    return f"{{{' '.join(parts)}}}"


def _closing(totals: Counter[str]) -> Iterator[str]:
    for account, hundredths in sorted(totals.items()):
        amount = Decimal(hundredths).scaleb(-2)
        yield f"#{'UB' if account < LAST_ACCOUNT_WITH_BALANCE else 'RES'} 0 {account} {amount}\n"
