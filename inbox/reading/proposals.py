"""Values that stand in a PDF's text and may be an invoice's, for a person to look at: pure, and never taken as truth.

A value counts by the label it stands behind, on the same line or the next, and by its check digits where it has some.
"""

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from stdnum import iban, luhn
from stdnum.eu import vat as eu_vat
from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr as swedish

from inbox.reading.names import one_line
from inbox.reading.results import Certainty, Proposal, ProposedField

MOST_OF_A_FIELD = 5
LONGEST_LINE = 400
MOST_LINES = 5000
EXCERPT = 120

Parser = Callable[[str], Iterator[tuple[str, str, Certainty]]]  # value, reason beside the label ("" none), certainty

AMOUNT = re.compile(
    r"(?<![\w.,-])(-?\s?\d{1,3}(?:[ .,'’\u00a0\u202f]\d{3})+[.,]\d{2}|-?\s?\d+[.,]\d{2}|-?\s?\d{1,3}(?:[ \u00a0\u202f]\d{3})+|-?\s?\d+)(?![\w]|[.,]\d)"
)
ISO_DATE = re.compile(r"(?<!\d)(20\d\d)[-./](\d{1,2})[-./](\d{1,2})(?!\d)")
SHORT_DATE = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")
EUROPEAN_DATE = re.compile(r"(?<!\d)(\d{1,2})[-./](\d{1,2})[-./](20\d\d|\d\d)(?!\d)")
WORDED_DATE = re.compile(
    r"(?<!\d)(\d{1,2})\.?\s+([a-zåäöæø]{3,9})\.?\s+(20\d\d)(?!\d)|([a-z]{3,9})\s+(\d{1,2}),?\s+(20\d\d)", re.I
)
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari januar january",
            "feb februari februar february",
            "mar mars march mrs",
            "apr april",
            "maj mai may",
            "jun juni june",
            "jul juli july",
            "aug augusti august",
            "sep sept september",
            "okt oct oktober october",
            "nov november",
            "dec des december desember",
        ),
        1,
    )
    for name in names.split()
}
NUMBER = re.compile(r"(?<![\w/-])([A-Za-z]{0,6}[-/ ]?\d[\w/-]{0,24})(?![\w])")
CURRENCY = re.compile(r"(?<![A-Za-z])(SEK|NOK|DKK|EUR|USD|GBP|CHF|PLN)(?![A-Za-z])")
ORGANISATION = re.compile(r"(?<![\d-])(\d{6}-?\d{4}|\d{3} ?\d{3} ?\d{3})(?![\d-])")
VAT_NUMBER = re.compile(
    r"(?<![A-Za-z0-9])((?:SE|NO|DK|FI|DE|GB|NL|PL|EE|LV|LT|IE|FR|ES|IT|BE|AT)[ -]?[0-9A-Z][0-9A-Z .-]{6,14}\d(?:MVA)?)(?![0-9A-Za-z])"
)
BANKGIRO = re.compile(r"(?<![\d-])(\d{3,4}-\d{4})(?![\d-])")
PLUSGIRO = re.compile(r"(?<![\d-])(\d{1,3}(?: ?\d{2,3}){0,2} ?\d{0,2}-\d)(?![\d-])")
NORWEGIAN_ACCOUNT = re.compile(r"(?<!\d)(\d{4}[ .]?\d{2}[ .]?\d{5})(?!\d)")
IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,4})?)(?![0-9A-Za-z])")
REFERENCE = re.compile(r"(?<![\d-])(\d(?:[ ]?\d){1,24})(?![\d-])")

INVOICE_WORDS = re.compile(
    r"(?i)\b(?:(?:kredit|samlings?|elektronisk |del|slut|kontant|leverantörs)?faktura(?:nummer|nr|datum|dato|adress|belopp|beløp)?|kreditnota|invoice|credit note|räkning|regning)\b"
)


@dataclass(frozen=True)
class _Label:
    """How a field is introduced, and how what follows is understood."""

    field: ProposedField
    words: re.Pattern[str]
    parse: Parser
    weight: int  # between labels of one field: the more telling first


@dataclass(frozen=True)
class _Line:
    """A line of a page."""

    page: int
    text: str


def propose(pages: Sequence[str]) -> tuple[Proposal, ...]:
    """What the text of a PDF's pages proposes; within a field the best first."""
    lines = list(_lines(pages))
    found: list[tuple[int, int, Proposal]] = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) and lines[number + 1].page == line.page else None
        found.extend((rank, number, proposal) for rank, proposal in _in_line(line, following))
    found.sort(key=lambda item: (CERTAINTIES.index(item[2].certainty), item[0], item[1]))
    return tuple(_best(proposal for _, _, proposal in found))


def speaks_of_an_invoice(pages: Iterable[str]) -> bool:
    """Whether a text is that of an invoice as far as its words tell."""
    return any(INVOICE_WORDS.search(page) for page in pages)


def _lines(pages: Sequence[str]) -> Iterator[_Line]:
    for page, text in enumerate(pages, 1):
        for line in text.replace("\u00a0", " ").replace("\u202f", " ").splitlines()[:MOST_LINES]:
            if shown := one_line(line, LONGEST_LINE):
                yield _Line(page, shown)


def _in_line(line: _Line, following: _Line | None) -> Iterator[tuple[int, Proposal]]:
    """What a line proposes: values behind a label, and those that a check digit tells without one."""
    for label in LABELS:
        for word in label.words.finditer(line.text):
            values = list(_behind(label, line.text[word.end() :]))
            where = line.text
            if not values and following:
                values = [(value, reason, _lower(sure)) for value, reason, sure in _under(label, word, line, following)]
                where = f"{line.text} | {following.text}"
            for value, reason, certainty in values:
                told = " ".join(filter(None, (one_line(word[0]).strip(" :"), reason)))
                yield (
                    label.weight,
                    Proposal(label.field, value, certainty, told, line.page, _around(where, word.start())),
                )
    for field, parse in WITHOUT_LABEL:
        for value, reason, certainty in parse(line.text):
            yield 9, Proposal(field, value, certainty, reason, line.page, _around(line.text, 0))


def _behind(label: _Label, rest: str) -> Iterator[tuple[str, str, Certainty]]:
    """The first value behind a label, before the next label begins."""
    end = min((found.start() for other in LABELS if (found := other.words.search(rest))), default=len(rest))
    yield from _first(label.parse(rest[: min(end, 80)]))


def _under(label: _Label, word: re.Match[str], line: _Line, following: _Line) -> Iterator[tuple[str, str, Certainty]]:
    """The value on the line below: of a table's head, the one in the label's turn."""
    others = sorted({found.start() for other in LABELS for found in other.words.finditer(line.text)})
    if len(others) <= 1 or line.text[: word.start()].strip() == "":
        yield from _first(label.parse(following.text[:80]))


def _first(values: Iterator[tuple[str, str, Certainty]]) -> Iterator[tuple[str, str, Certainty]]:
    for value in values:
        yield value
        return


def _best(proposals: Iterable[Proposal]) -> Iterator[Proposal]:
    """Each value of a field once, some of each field."""
    seen: set[tuple[str, str]] = set()
    count: dict[str, int] = {}
    for proposal in proposals:
        key = (proposal.field, proposal.value)
        if key in seen or count.get(proposal.field, 0) >= MOST_OF_A_FIELD:
            continue
        seen.add(key)
        count[proposal.field] = count.get(proposal.field, 0) + 1
        yield proposal


def _around(text: str, position: int) -> str:
    start = max(0, min(position - 20, len(text) - EXCERPT))
    return text[start : start + EXCERPT].strip()


CERTAINTIES: tuple[Certainty, ...] = ("high", "medium", "low")


def _lower(certainty: Certainty) -> Certainty:
    return "medium" if certainty == "high" else "low"


def amounts(text: str) -> Iterator[tuple[str, str, Certainty]]:
    """Amounts as they are written in the north: "1 250,00", "1.250,00", "1,250.00", "1250"."""
    for found in AMOUNT.finditer(text):
        raw = re.sub(r"[\s'’]", "", found[1])
        whole, decimals = raw, "00"
        if len(raw) > 3 and raw[-3] in ".,":
            whole, decimals = raw[:-3], raw[-2:]
        digits = re.sub(r"[.,]", "", whole)
        if 0 < len(digits.lstrip("-")) <= 12:
            yield (
                f"{int(digits) if digits.strip('-') else 0}.{decimals}" if digits != "-0" else f"-0.{decimals}",
                "",
                ("high" if "," in raw or "." in raw else "low"),
            )


def dates(text: str) -> Iterator[tuple[str, str, Certainty]]:
    """Dates in the ways that they are written."""
    for found in ISO_DATE.finditer(text):
        yield from _date(found[1], found[2], found[3], "high")
    for found in EUROPEAN_DATE.finditer(text):
        year = found[3] if len(found[3]) == 4 else f"20{found[3]}"
        yield from _date(year, found[2], found[1], "high" if "." in found[0] else "medium")
    for found in WORDED_DATE.finditer(text):
        day, month, year = (found[1], found[2], found[3]) if found[1] else (found[5], found[4], found[6])
        if number := MONTHS.get(month.lower()):
            yield from _date(year, str(number), day, "high")
    for found in SHORT_DATE.finditer(text):
        yield from _date(found[1], found[2], found[3], "medium")


def _date(year: str, month: str, day: str, certainty: Certainty) -> Iterator[tuple[str, str, Certainty]]:
    try:
        yield dt.date(int(year), int(month), int(day)).isoformat(), "", certainty
    except ValueError:
        return


def numbers(text: str) -> Iterator[tuple[str, str, Certainty]]:
    """An invoice's number: letters and digits, no date and no amount."""
    for found in NUMBER.finditer(text):
        value = found[1].strip(" -/")
        if not ISO_DATE.fullmatch(value) and not re.match(r"[.,]\d\d(?!\d)", text[found.end() :]):
            yield value, "", "high" if len(value) >= 3 else "low"


def currencies(text: str) -> Iterator[tuple[str, str, Certainty]]:
    """A currency by its code."""
    for found in CURRENCY.finditer(text):
        yield found[1], "", "medium"


def organisation_numbers(text: str) -> Iterator[tuple[str, str, Certainty]]:
    """Swedish and Norwegian organisation numbers with a right check digit."""
    for found in ORGANISATION.finditer(text):
        digits = re.sub(r"\D", "", found[1])
        right = swedish.is_valid(digits) if len(digits) == 10 else norwegian.is_valid(digits)
        yield digits, "check digit" if right else "", "high" if right else "low"


def vat_numbers(text: str) -> Iterator[tuple[str, str, Certainty]]:
    """VAT numbers with their country, and Norway's with MVA."""
    for found in VAT_NUMBER.finditer(text):
        value = re.sub(r"[ .-]", "", found[1])
        bare = value.removeprefix("NO").removesuffix("MVA")
        right = norwegian.is_valid(bare) if value.startswith("NO") else eu_vat.is_valid(value)
        if right:
            yield value, "check digit", "high"


def bankgiro(text: str) -> Iterator[tuple[str, str, Certainty]]:
    """Bankgiro numbers: their last digit is Luhn's."""
    for found in BANKGIRO.finditer(text):
        if luhn.is_valid(found[1].replace("-", "")):
            yield found[1], "check digit", "high"


def plusgiro(text: str) -> Iterator[tuple[str, str, Certainty]]:
    """Plusgiro numbers: their last digit is Luhn's."""
    for found in PLUSGIRO.finditer(text):
        digits = re.sub(r"\D", "", found[1])
        if 2 <= len(digits) <= 8 and luhn.is_valid(digits):
            yield f"{digits[:-1]}-{digits[-1]}", "check digit", "high"


def ibans(text: str) -> Iterator[tuple[str, str, Certainty]]:
    """IBANs with right check digits."""
    for found in IBAN.finditer(text):
        words = found[1].split(" ")
        for count in range(len(words), 0, -1):  # what follows may be another word in capitals
            value = "".join(words[:count])
            if iban.is_valid(value):
                yield value, "check digit", "high"
                break


def norwegian_accounts(text: str) -> Iterator[tuple[str, str, Certainty]]:
    """Norwegian bank accounts (eleven digits with a check digit), told as their IBAN."""
    for found in NORWEGIAN_ACCOUNT.finditer(text):
        digits = re.sub(r"\D", "", found[1])
        weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
        check = 11 - sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False)) % 11
        if check % 11 == int(digits[-1]):
            yield f"NO{98 - int(digits + '232400') % 97:02d}{digits}", "check digit", "high"


def references(text: str) -> Iterator[tuple[str, str, Certainty]]:
    """OCR and KID numbers."""
    for found in REFERENCE.finditer(text):
        digits = found[1].replace(" ", "")
        if len(digits) >= 2:
            right = luhn.is_valid(digits)
            yield digits, "check digit" if right else "", "high" if right else "medium"


def _label(field: ProposedField, words: str, parse: Parser, weight: int = 0) -> _Label:
    return _Label(
        field, re.compile(rf"(?i)(?<![\wåäöæø])(?:{words})(?![a-zåäöæø])[ .:#]*", re.IGNORECASE), parse, weight
    )


LABELS = (
    _label("invoice_number", r"(?:kredit)?faktura ?(?:nummer|nr\.?|no\.?)|kreditnota ?(?:nummer|nr\.?)", numbers),
    _label("invoice_number", r"(?:invoice|credit note) ?(?:number|no\.?|nr\.?|#|id)", numbers),
    _label("invoice_number", r"(?:kredit)?faktura|invoice|kreditnota", numbers, 5),
    _label("invoice_date", r"faktura ?(?:datum|dato)|(?:invoice|issue) date|date of (?:invoice|issue)", dates),
    _label("invoice_date", r"datum|dato|date", dates, 5),
    _label(
        "due_date",
        r"förfallo ?(?:datum|dag)|förfaller(?: den)?|forfalls?(?:dato| dato)?|due date|payment due|due by",
        dates,
    ),
    _label(
        "due_date",
        r"betalas? senast|sista betalningsdag|oss tillhanda(?: senast)?|betalingsfrist|betales innen|pay by",
        dates,
        1,
    ),
    _label(
        "amount",
        r"(?:summa )?att betala|att erhålla|belopp att betala|å betale|til betaling|beløp å betale|to pay|amount (?:due|payable|to pay)|total due|balance due|payable amount",
        amounts,
    ),
    _label(
        "amount",
        r"fakturabelopp|fakturabeløp|totalbelopp|totalbeløp|invoice total|grand total|total inkl\.? ?(?:moms|mva)\.?",
        amounts,
        2,
    ),
    _label("amount", r"totalt?|summa|sum|belopp|beløp", amounts, 6),
    _label(
        "vat_amount",
        r"moms ?belopp|mva\.?[- ]?beløp|summa moms|total moms|sum mva\.?|vat amount|total vat|moms totalt",
        amounts,
    ),
    _label(
        "vat_amount",
        r"(?:varav )?moms(?: ?\(?\d{1,2}(?:[.,]\d+)? ?%\)?)?|mva\.?(?: ?\(?\d{1,2}(?:[.,]\d+)? ?%\)?)?|vat(?: ?\(?\d{1,2}(?:[.,]\d+)? ?%\)?)?",
        amounts,
        3,
    ),
    _label("currency", r"valuta|currency", currencies),
    _label(
        "organisation_number",
        r"org(?:anisations|anisasjons)?[.-]? ?(?:nummer|nr\.?|no\.?)|foretaksregisteret|company (?:reg(?:istration)?\.? )?(?:number|no\.?)",
        organisation_numbers,
    ),
    _label(
        "vat_number",
        r"(?:moms(?:registrerings)?|mva|vat)[.-]? ?(?:reg\.? ?)?(?:nummer|nr\.?|number|no\.?)",
        vat_numbers,
    ),
    _label("bankgiro", r"bank ?giro(?: ?(?:nummer|nr\.?))?|bg(?:[ -]?nr\.?)?", bankgiro),
    _label("plusgiro", r"plus ?giro(?: ?(?:nummer|nr\.?))?|post ?giro|pg(?:[ -]?nr\.?)?", plusgiro),
    _label("iban", r"iban(?: ?(?:nummer|nr\.?|number|no\.?))?", ibans),
    _label("iban", r"(?:bank)?konto ?(?:nummer|nr\.?)|bankkonto|til konto", norwegian_accounts, 1),
    _label("payment_reference", r"ocr(?:[- ]?(?:nummer|nr\.?|referens))?|kid(?:[- ]?(?:nummer|nr\.?))?", references),
    _label(
        "payment_reference", r"betalningsreferens|betalingsreferanse|payment reference|referensnummer", references, 2
    ),
)
WITHOUT_LABEL: tuple[tuple[ProposedField, Parser], ...] = (
    ("vat_number", vat_numbers),
    ("iban", ibans),
)
