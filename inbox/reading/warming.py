"""A mail of our own that the mother reads once: what Python and the libraries do the first time only is done then."""

from contextlib import suppress

from inbox.reading.exceptions import ReadingRefused
from inbox.reading.limits import LIMITS
from inbox.reading.message import read_message
from inbox.reading.pdfs import pages
from inbox.reading.plain import plain

PDF = b"""%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>> endobj
4 0 obj <</Length 90>>
stream
BT /F 9 Tf (Fakturanummer 1 IBAN SE4550000000058398257466 Momsreg.nr SE556036079301) Tj ET
endstream endobj
5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj
trailer <</Root 1 0 R>>
%%EOF
"""
XML = b"""<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:c="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"><c:ID>1</c:ID></Invoice>"""
MAIL = b"""From: =?utf-8?q?=C3=85?= <a@b.example>
Subject: Faktura
Date: Sat, 21 Nov 2026 10:00:00 +0100
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/html; charset=iso-8859-1

<p>Hej</p>
--b
Content-Type: application/xml; name="a.xml"

%s
--b
Content-Type: application/pdf; name*=utf-8''a.pdf

%s
--b--
"""


def warm_up() -> None:
    """Read it."""
    plain(read_message(MAIL % (XML, b"")))
    plain(read_message(MAIL % (b"", PDF)))
    with suppress(ReadingRefused):
        list(pages(PDF, 1, 1, LIMITS))
