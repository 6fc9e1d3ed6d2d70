"""What the text of a PDF proposes: Swedish, Norwegian and English invoices as programs write them."""

from inbox.reading.proposals import propose, speaks_of_an_invoice

SWEDISH = """Kontorsvaror AB                      FAKTURA
Storgatan 1                Fakturanummer: 2026-1187
411 01 Göteborg            Fakturadatum: 2026-11-02
                           Förfallodatum: 2026-12-02
                           OCR: 1234567897
Artikel Benämning Antal Pris Belopp
1001 Papper A4 10 100,00 1 000,00
Netto 1 000,00
Moms 25% 250,00
Att betala SEK 1 250,00
Bankgiro 5050-1055 Plusgiro 28 65 43-4
Org.nr 556036-0793 Momsreg.nr SE556036079301 Godkänd för F-skatt
IBAN SE45 5000 0000 0583 9825 7466 BIC ESSESESS
"""
TABLE = """Fakturadatum Fakturanr Förfallodatum Kundnr
2026-11-02 118712 2026-12-02 4411
Summa exkl. moms Moms Att betala
1 000,00 250,00 1 250,00
Bankgironr: 991-2346
"""
NORWEGIAN = """Faktura
Fakturanr 55012
Fakturadato 02.11.2026
Forfallsdato 16.11.2026
KID 0000550127
Kontonummer 1503 22 00017
Org.nr. NO 923 609 016 MVA
Sum eks. mva 8 000,00
Mva 25 % 2 000,00
Å betale NOK 10 000,00
"""
ENGLISH = """INVOICE
Invoice number INV-2026/0044
Invoice date: 2 November 2026
Due date December 2, 2026
Subtotal 1,000.00
VAT (20%) 200.00
Total due EUR 1,200.00
IBAN: DE89 3704 0044 0532 0130 00
"""


def best(text: str) -> dict[str, str]:
    """The first proposal of each field."""
    found: dict[str, str] = {}
    for proposal in propose([text]):
        found.setdefault(proposal.field, proposal.value)
    return found


def test_a_swedish_invoice_proposes_all_of_its_values() -> None:
    assert best(SWEDISH) == {
        "invoice_number": "2026-1187",
        "invoice_date": "2026-11-02",
        "due_date": "2026-12-02",
        "amount": "1250.00",
        "vat_amount": "250.00",
        "currency": "SEK",
        "organisation_number": "5560360793",
        "vat_number": "SE556036079301",
        "bankgiro": "5050-1055",
        "plusgiro": "286543-4",
        "iban": "SE4550000000058398257466",
        "payment_reference": "1234567897",
    }


def test_values_below_the_head_of_a_table_are_taken_in_turn_and_less_surely() -> None:
    assert best(TABLE) == {
        "bankgiro": "991-2346",
        "invoice_date": "2026-11-02",
        "invoice_number": "118712",
        "due_date": "2026-12-02",
        "amount": "1250.00",
        "vat_amount": "250.00",
    }
    assert {found.certainty for found in propose([TABLE]) if found.field != "bankgiro"} == {"medium"}


def test_a_norwegian_and_an_english_invoice_propose_their_values() -> None:
    norwegian = best(NORWEGIAN)
    assert norwegian["iban"].startswith("NO")
    assert norwegian["iban"].endswith("15032200017")
    assert {name: norwegian[name] for name in ("amount", "vat_amount", "currency", "organisation_number")} == {
        "amount": "10000.00",
        "vat_amount": "2000.00",
        "currency": "NOK",
        "organisation_number": "923609016",
    }
    assert (norwegian["payment_reference"], norwegian["due_date"]) == ("0000550127", "2026-11-16")
    english = best(ENGLISH)
    assert (english["invoice_number"], english["amount"], english["currency"]) == ("INV-2026/0044", "1200.00", "EUR")
    assert (english["invoice_date"], english["due_date"]) == ("2026-11-02", "2026-12-02")
    assert english["iban"] == "DE89370400440532013000"


def test_a_proposal_says_where_it_stands_and_why() -> None:
    [found] = [each for each in propose(["Sida ett", "Hej\nBankgiro: 5050-1055"]) if each.field == "bankgiro"]
    assert (found.page, found.reason, found.certainty) == (2, "Bankgiro check digit", "high")
    assert found.excerpt == "Bankgiro: 5050-1055"


def test_numbers_with_wrong_check_digits_are_no_giro_numbers_and_only_weak_organisation_numbers() -> None:
    assert "bankgiro" not in best("Bankgiro 5050-1056")
    assert "iban" not in best("IBAN SE45 5000 0000 0583 9825 7467")
    [found] = propose(["Org.nr 556036-0794"])
    assert (found.value, found.certainty) == ("5560360794", "low")


def test_amounts_are_read_in_each_of_their_ways() -> None:
    written = {
        "1 250,00": "1250.00",
        "1.250,50": "1250.50",
        "1,250.50": "1250.50",
        "12 345 678,90": "12345678.90",
        "-100,00": "-100.00",
        "99,5": None,
        "1250": "1250.00",
    }
    for text, value in written.items():
        assert best(f"Att betala: {text}").get("amount") == value, text


def test_a_text_without_invoice_words_proposes_nothing_and_says_nothing_of_an_invoice() -> None:
    assert propose(["Allmänna villkor\nVi säljer papper sedan 1999."]) == ()
    assert not speaks_of_an_invoice(["Allmänna villkor"])
    assert speaks_of_an_invoice(["Kreditfaktura 7"])
    assert propose([]) == ()
