"""How invoices introduce their values, in Swedish, Norwegian and English."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from inbox.reading import values
from inbox.reading.results import ProposedField

NUMBERED = ("nummer", "nr", "nr.", "no", "no.", "number", "#")


@dataclass(frozen=True)
class Label:
    """How a field is introduced, and how what follows is understood; of a field's labels the lighter tell more."""

    field: ProposedField | None  # None: a value that is none of ours, lest it be taken for another
    words: re.Pattern[str]
    parse: values.Parser
    weight: int


def label(
    field: ProposedField | None,
    parse: values.Parser,
    phrases: Sequence[str],
    *,
    ends: Sequence[str] = (),
    weight: int = 0,
) -> Label:
    """A label of any of these phrases, with any of these endings; a blank may be missing or a hyphen."""
    either = "|".join(_phrase(phrase) for phrase in sorted(phrases, key=len, reverse=True))
    after = "|".join(_phrase(end) for end in sorted(ends, key=len, reverse=True))
    tail = rf"[ -]?(?:{after})" if ends else ""
    return Label(field, re.compile(rf"(?i)(?<![\wåäöæø])(?:{either}){tail}(?![a-zåäöæø])[ .:]*"), parse, weight)


def _phrase(phrase: str) -> str:
    return re.escape(phrase).replace(r"\ ", "[ -]?")


RATE = r" ?\(?\d{1,2}(?:[.,]\d{1,2})? ?%\)?"

LABELS = (
    label(
        "invoice_number",
        values.numbers,
        ("faktura", "kreditfaktura", "kreditnota", "invoice", "credit note"),
        ends=(*NUMBERED, "id"),
    ),
    label("invoice_number", values.numbers, ("faktura", "kreditfaktura", "invoice", "kreditnota"), weight=5),
    label("invoice_date", values.dates, ("fakturadatum", "fakturadato", "invoice date", "issue date", "date of issue")),
    label("invoice_date", values.dates, ("datum", "dato", "date"), weight=5),
    label(
        "due_date",
        values.dates,
        ("förfallodatum", "förfallodag", "förfaller", "förfaller den", "forfallsdato", "forfall", "due date", "due by"),
    ),
    label(
        "due_date",
        values.dates,
        (
            "betala senast",
            "betalas senast",
            "sista betalningsdag",
            "oss tillhanda",
            "oss tillhanda senast",
            "betalingsfrist",
            "betales innen",
            "payment due",
            "pay by",
        ),
        weight=1,
    ),
    label(
        "amount",
        values.amounts,
        (
            "att betala",
            "summa att betala",
            "belopp att betala",
            "att erhålla",
            "å betale",
            "beløp å betale",
            "til betaling",
            "to pay",
            "amount due",
            "amount payable",
            "amount to pay",
            "total due",
            "balance due",
        ),
    ),
    label(
        "amount",
        values.amounts,
        (
            "fakturabelopp",
            "fakturabeløp",
            "totalbelopp",
            "totalbeløp",
            "invoice total",
            "grand total",
            "total inkl moms",
            "total inkl. moms",
            "totalt inkl. moms",
            "sum inkl. mva",
            "total incl. vat",
        ),
        weight=2,
    ),
    label("amount", values.amounts, ("total", "totalt", "summa", "sum", "belopp", "beløp", "amount"), weight=6),
    label(
        "vat_amount",
        values.amounts,
        ("momsbelopp", "summa moms", "moms totalt", "total moms", "mva-beløp", "sum mva", "vat amount", "total vat"),
    ),
    Label(
        "vat_amount",
        re.compile(rf"(?i)(?<![\wåäöæø])(?:varav moms|moms|mva|vat)(?:{RATE})?(?![a-zåäöæø])[ .:]*"),
        values.amounts,
        3,
    ),
    label(
        None,
        values.amounts,
        (
            "summa exkl moms",
            "summa exkl. moms",
            "summa exklusive moms",
            "belopp exkl. moms",
            "total exkl. moms",
            "totalt exkl. moms",
            "exkl. moms",
            "exklusive moms",
            "sum eks. mva",
            "eks. mva",
            "beløp eks. mva",
            "total excl. vat",
            "excl. vat",
            "netto",
            "netto belopp",
            "subtotal",
            "delsumma",
            "delsum",
            "öresavrundning",
            "øreavrunding",
            "avrundning",
        ),
    ),
    label(
        None,
        values.numbers,
        ("kundnummer", "kundnr", "kundenummer", "kundenr", "customer no", "ordernummer", "ordernr"),
    ),
    label("currency", values.currencies, ("valuta", "currency")),
    label(
        "organisation_number",
        values.organisation_numbers,
        ("org", "org.", "organisations", "organisasjons", "company", "company reg", "company registration"),
        ends=NUMBERED,
    ),
    label("organisation_number", values.organisation_numbers, ("foretaksregisteret",), weight=1),
    label(
        "vat_number",
        values.vat_numbers,
        ("moms", "momsreg", "momsreg.", "momsregistrerings", "mva", "vat", "vat reg", "vat reg."),
        ends=NUMBERED,
    ),
    label("bankgiro", values.bankgiro, ("bankgiro", "bankgironummer", "bankgironr", "bg", "bg nr")),
    label("plusgiro", values.plusgiro, ("plusgiro", "plusgironummer", "plusgironr", "postgiro", "pg", "pg nr")),
    label("iban", values.ibans, ("iban", "iban nr", "iban nummer", "iban number")),
    label(
        "iban",
        values.norwegian_accounts,
        ("kontonummer", "kontonr", "bankkonto", "bankkontonummer", "til konto"),
        weight=1,
    ),
    label("payment_reference", values.references, ("ocr", "ocr nr", "ocr nummer", "ocr referens", "kid", "kid nummer")),
    label(
        "payment_reference",
        values.references,
        ("betalningsreferens", "betalingsreferanse", "payment reference", "referensnummer"),
        weight=2,
    ),
)

INVOICE = re.compile(
    r"(?i)\b(?:(?:kredit|samlings?|del|slut|kontant|leverantörs)?faktura(?:nummer|nr|datum|dato|belopp|beløp|adress)?"
    r"|kreditnota|invoice|credit note|räkning|regning)\b"
)
