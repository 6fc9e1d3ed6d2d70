"""Receiving invoices by mail over twenty connections: beside workers that read them, and beside a mail server that
only writes files."""

import base64
import contextlib
import os
import secrets
import signal
import smtplib
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from config.bench.figures import Figure, interleaved
from config.bench.programs import free_port, process
from config.bench.sizes import Sizes
from config.embedded.announce import listens
from inbox import addresses
from inbox.models import Mail
from ledger.models import Company

CONNECTIONS = 20
BYTES = 200_000
SECONDS_TO_START = 60

INVOICE = """<?xml version="1.0" encoding="UTF-8"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:CustomizationID>urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>
<cbc:ID>{number}</cbc:ID><cbc:IssueDate>2026-01-15</cbc:IssueDate><cbc:DueDate>2026-02-14</cbc:DueDate>
<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode><cbc:DocumentCurrencyCode>SEK</cbc:DocumentCurrencyCode>
<cac:AccountingSupplierParty><cac:Party><cac:PartyLegalEntity>
<cbc:RegistrationName>Leverantören AB</cbc:RegistrationName>
<cbc:CompanyID>5560360793</cbc:CompanyID></cac:PartyLegalEntity></cac:Party></cac:AccountingSupplierParty>
<cac:TaxTotal><cbc:TaxAmount currencyID="SEK">25.00</cbc:TaxAmount></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:LineExtensionAmount currencyID="SEK">100.00</cbc:LineExtensionAmount>
<cbc:TaxExclusiveAmount currencyID="SEK">100.00</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount currencyID="SEK">125.00</cbc:TaxInclusiveAmount>
<cbc:PayableAmount currencyID="SEK">125.00</cbc:PayableAmount></cac:LegalMonetaryTotal>
<cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity unitCode="C62">1</cbc:InvoicedQuantity>
<cbc:LineExtensionAmount currencyID="SEK">100.00</cbc:LineExtensionAmount>
<cac:Item><cbc:Name>Arbete</cbc:Name></cac:Item>
<cac:Price><cbc:PriceAmount currencyID="SEK">100.00</cbc:PriceAmount></cac:Price></cac:InvoiceLine>
</Invoice>
"""
HEAD = """From: faktura@leverantor.example\r
To: {address}\r
Subject: Faktura {number}\r
Message-ID: <{number}@leverantor.example>\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=part\r
\r
--part\r
Content-Type: application/xml; name=faktura.xml\r
Content-Transfer-Encoding: base64\r
\r
{invoice}\r
--part\r
Content-Type: application/octet-stream; name=underlag.bin\r
Content-Transfer-Encoding: base64\r
\r
"""


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Receive, with a worker that is paused and one that reads. None may be lost."""
    company = Company.objects.order_by("pk")[0]
    address = str(addresses.current(addresses.switch_on(company=company)))
    raw_folder = folder / "raw-mails"
    raw_folder.mkdir()
    ports = {"mail": free_port(), "raw": free_port()}
    launch = [sys.executable, "-m", "config.embedded.launch"]
    raw = [sys.executable, "-m", "config.bench.raw_mail", str(ports["raw"]), str(raw_folder)]
    environment = {**os.environ, "SMTP_PORT": str(ports["mail"])}
    rounds = min(sizes.rounds, 3)
    sent = Sender(address, sizes.mails)
    with (
        process("mail", [*launch, "mail"], environment),
        process("raw_mail", raw, environment),
        process("reader", [*launch, "reader"], environment) as worker,
    ):
        for port in ports.values():
            _wait_for(port)
        with paused(worker.pid):
            plain, stored = interleaved(
                rounds,
                baseline=lambda: sent.rate(ports["raw"]),
                figure=lambda: sent.rate(ports["mail"]),
            )
        beside = _beside(sent, ports["mail"], worker.pid, rounds)
        _check(sent, (rounds + 1) * 3 * sizes.mails)
    yield Figure(
        name="receive_mails_stored",
        value=stored,
        unit="mails/s",
        baseline="the same mails to aiosmtpd that only writes and syncs a file",
        baseline_value=plain,
        goal=0.5,
    )
    yield Figure(
        name="receive_mails",
        value=beside[1],
        unit="mails/s",
        baseline="the same mails while no worker reads",
        baseline_value=beside[0],
        goal=0.3,
    )


def _beside(sent: "Sender", port: int, worker: int, rounds: int) -> tuple[float, float]:
    """What came while the worker paused is what it reads meanwhile."""

    def alone() -> float:
        with paused(worker):
            return sent.rate(port)

    return interleaved(rounds, baseline=alone, figure=lambda: sent.rate(port))


class Sender:
    """Sends mails with invoices, none twice."""

    def __init__(self, address: str, count: int) -> None:
        self.address = address
        self._count = count
        self._filling = base64.encodebytes(secrets.token_bytes(BYTES * 3 // 4)).replace(b"\n", b"\r\n")

    def rate(self, port: int) -> float:
        """Mails a second, over all connections together."""
        mails = [self._mail() for _mail in range(self._count)]
        shares = [mails[number::CONNECTIONS] for number in range(CONNECTIONS)]
        start = time.perf_counter()
        with ThreadPoolExecutor(CONNECTIONS) as connections:
            done = sum(connections.map(self._connection(port), shares))
        seconds = time.perf_counter() - start
        if done != self._count:
            raise RuntimeError(f"{done} of {self._count} mails were taken.")
        return done / seconds

    def _connection(self, port: int) -> Callable[[list[bytes]], int]:
        def send(mails: list[bytes]) -> int:
            with smtplib.SMTP("127.0.0.1", port, timeout=120) as client:
                client.ehlo()
                for mail in mails:
                    client.mail("faktura@leverantor.example")
                    client.rcpt(self.address)
                    code, reply = client.data(mail)
                    if code != 250:
                        raise RuntimeError(f"A mail was refused: {code} {reply!r}")
            return len(mails)

        return send

    def _mail(self) -> bytes:
        number = secrets.token_hex(8)
        invoice = base64.encodebytes(INVOICE.format(number=number).encode()).decode().strip().replace("\n", "\r\n")
        head = HEAD.format(address=self.address, number=number, invoice=invoice)
        return head.encode() + self._filling + b"--part--\r\n"


@contextlib.contextmanager
def paused(worker: int) -> Iterator[None]:
    """Stop a worker and all that it started, and have them go on."""
    family = [psutil.Process(worker), *psutil.Process(worker).children(recursive=True)]
    _signal(family, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal(family, signal.SIGCONT)


def _signal(family: list[psutil.Process], number: signal.Signals) -> None:
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.send_signal(number)


def _check(sent: Sender, expected: int) -> None:
    mails = Mail.objects.filter(recipient=sent.address)
    if (found := mails.count()) != expected:
        raise RuntimeError(f"{found} of {expected} mails are there.")
    end = time.monotonic() + SECONDS_TO_START
    while not mails.filter(status=Mail.Status.READ).exists():
        if time.monotonic() > end:
            raise RuntimeError("No mail was read beside.")
        time.sleep(0.1)


def _wait_for(port: int) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while not listens(port):
        if time.monotonic() > end:
            raise RuntimeError(f"No mail server answers after {SECONDS_TO_START} seconds.")
        time.sleep(0.1)
