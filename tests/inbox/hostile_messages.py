"""Broken, hostile and enormous messages, each made when it is asked for: `HOSTILE` by name.

`ends` are the codes of which at least one must come of it: why the message, or a part of it, wasn't read, or what its
process died of. Without any, every clear result will do: what matters is that there is one.
"""

import base64
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image

from tests.inbox.writing import CRLF, head_of, mail, multipart, part, pdf, picture, text, ubl, zipped

Maker = Callable[[], bytes]
MB = 2**20


@dataclass(frozen=True)
class Hostile:
    """A message that means no good, or was broken on its way."""

    name: str
    make: Maker
    ends: frozenset[str] = frozenset()


HOSTILE: dict[str, Hostile] = {}


def add(name: str, make: Maker, *ends: str) -> None:
    """Note a message."""
    assert name not in HOSTILE
    HOSTILE[name] = Hostile(name, make, frozenset(ends))


def attached(make: Maker, media_type: str = "application/octet-stream", name: str = "file.bin") -> Maker:
    """A mail with this file."""
    return lambda: mail(text(), part(make(), media_type, name))


def body(content: bytes, fields: dict[str, str] | None = None) -> bytes:
    """A mail of one part with these bytes as they are."""
    return mail(whole=head_of({"Content-Type": "text/plain", **(fields or {})}) + CRLF + content)


def usual() -> bytes:
    """A mail as it should be: the start of those that are broken on the way."""
    return mail(
        text(), part(ubl(), "application/xml", "1001.xml"), part(pdf(["Faktura 1001"]), "application/pdf", "a.pdf")
    )


# How a message is built


def nested(levels: int, boundary: str = "b{}") -> bytes:
    """Multiparts in each other."""
    heads = b"".join(
        head_of({"Content-Type": f'multipart/mixed; boundary="{boundary.format(level)}"'})
        + CRLF
        + f"--{boundary.format(level)}\r\n".encode()
        for level in range(levels)
    )
    return mail(whole=heads + text())


def forwarded(levels: int) -> bytes:
    """Messages in each other."""
    return b"Content-Type: message/rfc822\r\n\r\n" * levels + usual()


def boundary(named: str, used: str | None = None, content: bytes = b"Content-Type: text/plain\r\n\r\nhej\r\n") -> bytes:
    """A multipart that names one boundary and uses another."""
    line = f"--{used if used is not None else named}".encode()
    return mail(
        whole=head_of({"Content-Type": f"multipart/mixed; boundary={named}"})
        + CRLF
        + (line + CRLF + content) * 3
        + line
        + b"--\r\n"
    )


add("ten_thousand_parts", lambda: mail(*[part(b"x", "text/plain", "a.txt")] * 10_000), "too_many_parts")
add("ten_thousand_empty_parts", lambda: mail(*[b""] * 10_000), "too_many_parts")
add(
    "a_thousand_parts_in_a_thousand",
    lambda: mail(*[multipart(*[b"\r\nx"] * 999, boundary="i")] * 999),
    "too_many_parts",
)
add("nested_50_deep", lambda: nested(50), "too_deep")
add("nested_20_000_deep", lambda: nested(20_000), "too_deep")
add("nested_with_one_boundary", lambda: nested(500, "same"))
add("forwarded_10_deep", lambda: forwarded(10), "forwarded_too_deep")
add("forwarded_10_000_deep", lambda: forwarded(10_000), "forwarded_too_deep")
add("endless_field", lambda: b"Subject: " + b"a" * 2 * MB, "endless_headers")
add("endless_folded_field", lambda: b"Subject: a\r\n" + b" b\r\n" * MB, "endless_headers")
add("a_million_fields", lambda: b"X-A: b\r\n" * 1_000_000 + b"\r\nhej", "endless_headers")
add("endless_head_of_a_part", lambda: mail(b"X-A: " + b"b" * MB + b"\r\n\r\nhej"), "endless_headers")
add("no_boundary", lambda: mail(whole=b"Content-Type: multipart/mixed\r\n\r\n--x\r\n\r\nhej\r\n--x--\r\n"))
add("empty_boundary", lambda: boundary('""', ""))
add("boundary_that_never_comes", lambda: boundary("a", "b"))
add("boundary_that_is_longer_in_use", lambda: boundary("a", "ab"))
add("boundary_of_one_letter_everywhere", lambda: boundary('"-"', "-", b"--" * MB))
add("boundary_that_is_an_expression", lambda: boundary('"(a+)+$.*"', "(a+)+$.*"))
add("boundary_of_10_000_letters", lambda: boundary("a" * 10_000))
add(
    "boundary_lines_without_end",
    lambda: mail(whole=b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b" * MB),
)
add("not_closed", lambda: mail(whole=multipart(text(), part(ubl(), name="a.xml"), closed=False)))
add("content_type_twice", lambda: mail(whole=b"Content-Type: text/plain\r\n" + multipart(part(ubl(), name="a.xml"))))
add("content_type_of_nonsense", lambda: mail(whole=b'Content-Type: ;;=="";;/\r\n\r\nhej'))
add(
    "external_body",
    lambda: mail(whole=b'Content-Type: message/external-body; access-type=URL; URL="http://127.0.0.1/"\r\n\r\nhej'),
)
add("partial_message", lambda: mail(whole=b"Content-Type: message/partial; number=1; total=9; id=a\r\n\r\n" + usual()))
add("line_ends_of_old_macs", lambda: usual().replace(b"\r\n", b"\r"))
add("nul_bytes_between_all", lambda: b"\x00".join(bytes([byte]) for byte in usual()))
add(
    "nul_bytes_in_fields", lambda: usual().replace(b"Faktura", b"Fak\x00tura").replace(b"text/plain", b"text/\x00plain")
)
add("mbox_of_a_thousand", lambda: b"".join(b"From a Sat Nov 21\r\n" + usual() for _ in range(300)))
add("one_line_of_10_mb", lambda: body(b"a" * 10 * MB))
add("three_million_empty_lines", lambda: body(b"\n" * 3_000_000))
add("nothing", lambda: b"")
add("line_ends_only", lambda: b"\r\n" * 1000)
add("random_bytes", lambda: random.Random(1).randbytes(MB))
add("random_bytes_in_base64", attached(lambda: random.Random(2).randbytes(5 * MB)))
add("51_mb", lambda: body(b"a" * 51 * MB), "too_large")


def broken(seed: int) -> Maker:
    """A good mail, cut off somewhere or with bytes changed."""

    def make() -> bytes:
        chance = random.Random(seed)
        content = bytearray(usual())
        if seed % 2:
            return bytes(content[: chance.randrange(len(content))])
        for _ in range(chance.choice((1, 10, 1000))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        return bytes(content)

    return make


for _number in range(20):
    add(f"{'cut_off' if _number % 2 else 'bytes_changed'}_{_number}", broken(_number))


# Heads


def with_fields(**fields: str) -> Maker:
    """A mail with these fields."""
    return lambda: mail(
        text(), part(ubl(), name="a.xml"), fields={name.replace("_", "-"): value for name, value in fields.items()}
    )


def with_name(name: str) -> Maker:
    """A mail with a file of this name."""
    return lambda: mail(text(), part(pdf(["Faktura"]), "application/pdf", name))


def in_charset(charset: str, content: bytes = b"a" * 900_000) -> Maker:
    """A text in a charset."""
    return lambda: body(content, {"Content-Type": f"text/plain; charset={charset}"})


add("fields_injected_by_encoded_words", with_fields(Subject="=?utf-8?Q?a=0D=0ABcc:_b@c.example=0D=0A=0D=0A<script>?="))
add("encoded_words_without_end", with_fields(Subject="=?utf-8?q?a?= " * 10_000))
add("encoded_words_in_words", with_fields(Subject="=?utf-8?b?=?utf-8?b?" * 10_000))
add("encoded_words_that_are_broken", with_fields(Subject="=?utf-8?b?a?= =?nix?q?=ZZ=?= =?utf-16?b?/w==?= =?hex?q?zz?="))
add("addresses_without_end", with_fields(From="a@b.example, " * 15_000))
add("comments_in_comments", with_fields(From="(" * 100_000, To='"\\' * 50_000))
add("groups_and_quotes", with_fields(From=':;<>@,"' * 10_000))
add("dates_beyond_time", with_fields(Date="Fri, 99 Foo 99999999999999 99:99:99 +9999999999"))
add("date_at_the_end_of_time", with_fields(Date="Fri, 31 Dec 9999 23:59:59 -2359"))
add("message_ids_without_end", with_fields(Message_ID="<" * 100_000))
add("parameters_without_end", with_fields(Content_Disposition="attachment" + "; filename*1*=a" * 15_000))
add(
    "parameters_that_are_open", lambda: mail(b'Content-Type: application/pdf; name="' + b"\\" * 50_000 + b"\r\n\r\nhej")
)
for _charset in (
    "zlib",
    "hex",
    "idna",
    "punycode",
    "utf-7",
    "unicode_escape",
    "utf-16",
    "x" * 10_000,
    "../../etc/passwd",
):
    add(f"charset_{_charset[:20].replace('/', '_')}", in_charset(_charset))
add("charset_of_another", lambda: body("åäö".encode("utf-16"), {"Content-Type": "text/plain; charset=us-ascii"}))
add("name_with_a_path", with_name("../../../../etc/cron.d/faktura.pdf"))
add("name_with_a_drive", with_name("C:\\\\Windows\\\\System32\\\\faktura.pdf"))
add("name_with_everything", with_name("a\x00b\x1b[31m\u202e\u2066fdp.exe\r\n"))
add("name_of_200_000_letters", with_name("å" * 200_000 + ".pdf"), "endless_headers")
add("name_of_a_device", with_name("COM1.pdf"))

# Transfer


def raw(content: bytes, encoding: str, media_type: str = "application/xml") -> Maker:
    """A part with this body, said to be encoded so."""
    return lambda: mail(
        part(content, media_type, "a.xml", encoding="").replace(
            CRLF * 2, f"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode(), 1
        )
    )


add("base64_of_equal_signs", raw(b"=" * 5 * MB, "base64"))
add("base64_of_nonsense", raw(b"%&!" * MB, "base64"), "broken_transfer", "empty")
add("base64_a_letter_a_line", raw(b"A\n" * 5 * MB, "base64"))
add("base64_cut_off", raw(base64.b64encode(ubl())[:-777], "base64"), "broken_transfer")
add("quoted_printable_of_equal_signs", raw(b"=" * 5 * MB, "quoted-printable"))
add("quoted_printable_of_nonsense", raw(b"=XY=\r\n=\t=0" * MB, "quoted-printable"))
add("uuencode_without_end", raw(b"begin 644 a.xml\n" + b"M" + b"A" * 60 + b"\n" * MB, "x-uuencode"))
add("uuencode_ten_thousand_times", lambda: body(b"begin 644 a.xml\n#0V%T\n`\nend\n" * 10_000))
add("uuencode_of_begins", lambda: body(b"begin 644 a\n" * 50_000))
add("encoding_of_its_own", raw(ubl(), "x-secret"), "broken_transfer")


# HTML


def html(content: bytes) -> Maker:
    """A mail of HTML."""
    return lambda: body(content, {"Content-Type": "text/html; charset=utf-8"})


add("html_300_000_deep", html(b"<div>" * 300_000))
add("html_of_open_comments", html(b"<!--" * 200_000 + b"<![" * 100_000 + b"<!x" * 100_000))
add("html_of_one_tag", html(b"<a " + b"b=c " * 200_000))
add("html_of_entities", html(b"&amp;#x26;&lt;" * 70_000))
add(
    "html_that_fetches_and_runs",
    html(b'<img src="http://127.0.0.1:1/a.png"><script src="//x.example/"></script><iframe src="file:///etc/passwd">'),
)
add("html_of_tables", html(b"<table><tr><td>" * 60_000))
add("text_of_separators", lambda: body(b"-----Original Message-----\nFrom: a@b.example\n" * 20_000))
add("text_of_dashes", lambda: body((b"-" * 1000 + b" \n") * 1000))


# XML

ROOT = '<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2">'


def xml(make: Callable[[], str | bytes]) -> Maker:
    """A mail with this XML."""

    def content() -> bytes:
        made = make()
        return made if isinstance(made, bytes) else made.encode()

    return attached(content, "application/xml", "faktura.xml")


def laughs() -> str:
    """The billion laughs."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    return f'<?xml version="1.0"?><!DOCTYPE Invoice [<!ENTITY l0 "ha">{entities}]>{ROOT}&l11;</Invoice>'


BAD_XML = ("hostile_xml", "unreadable_invoice", "no_invoice_xml")
add("xml_billion_laughs", xml(laughs), *BAD_XML)
add(
    "xml_quadratic",
    xml(lambda: f'<!DOCTYPE a [<!ENTITY a "{"x" * 100_000}">]>{ROOT}{"&a;" * 50_000}</Invoice>'),
    *BAD_XML,
)
add(
    "xml_reads_a_file",
    xml(lambda: f'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>{ROOT}&a;</Invoice>'),
    *BAD_XML,
)
add("xml_fetches_a_dtd", xml(lambda: f'<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:1/a.dtd">{ROOT}</Invoice>'), *BAD_XML)
add(
    "xml_parameter_entities",
    xml(lambda: f'<!DOCTYPE a [<!ENTITY % a SYSTEM "http://127.0.0.1:1/"> %a;]>{ROOT}</Invoice>'),
    *BAD_XML,
)
add(
    "xml_doctype_in_utf_16", xml(lambda: laughs().replace("1.0", '1.0" encoding="utf-16', 1).encode("utf-16")), *BAD_XML
)
add(
    "xml_xinclude",
    xml(
        lambda: (
            ubl()
            .decode()
            .replace(
                "Papper",
                '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/>',
            )
        )
    ),
)
add(
    "xml_stylesheet",
    xml(lambda: b'<?xml-stylesheet type="text/xsl" href="http://127.0.0.1:1/a.xsl"?>' + ubl().split(b"?>", 1)[1]),
)
add("xml_200_000_deep", xml(lambda: ROOT + "<a>" * 200_000), *BAD_XML)
add("xml_half_a_million_elements", xml(lambda: ROOT + "<a/>" * 500_000 + "</Invoice>"), *BAD_XML)
add(
    "xml_200_000_attributes",
    xml(lambda: ROOT.replace(">", "".join(f' a{n}="b"' for n in range(200_000)) + "/>")),
    *BAD_XML,
)
add(
    "xml_200_000_namespaces",
    xml(lambda: ROOT.replace(">", "".join(f' xmlns:a{n}="b{n}"' for n in range(200_000)) + "/>")),
    *BAD_XML,
)
add("xml_text_of_8_mb", xml(lambda: ubl().replace(b"Papper", b"x" * 8 * MB)))
add("xml_of_21_mb", xml(lambda: ubl().replace(b"Papper", b"x" * 21 * MB)), *BAD_XML)
add("xml_in_utf_7", xml(lambda: ubl().replace(b'encoding="UTF-8"', b'encoding="utf-7"')))
add("xml_that_is_no_utf_8", xml(lambda: ubl().replace(b"Papper", b"\xff\xfe\x00")), *BAD_XML)
add("xml_cut_off", xml(lambda: ubl()[:1500]), *BAD_XML)
add(
    "xml_amounts_beyond_numbers",
    xml(lambda: ubl().replace(b"1250.00", b"1E999999999").replace(b"1000.00", b"9" * 100_000)),
)
add(
    "xml_amounts_of_nothing",
    xml(lambda: ubl().replace(b"1250.00", b"NaN").replace(b"1000.00", b"Infinity").replace(b"250.00", "١٢".encode())),
)
add("xml_files_that_are_broken", xml(lambda: ubl(embedded={"../a.pdf": b"x" * 100}).replace(b"eHh4", b"%%%=")))
add(
    "xml_files_that_are_programs",
    xml(lambda: ubl(embedded={"a.pdf": b"MZ" + bytes(100), "b.js": b"alert(1)"})),
    "executable",
)
add("xml_file_that_is_a_bomb", xml(lambda: ubl(embedded={"a.zip": zip_bomb()})), "archive_bomb")
add("xml_of_no_invoice", xml(lambda: "<Order xmlns='urn:x'/>"), "no_invoice_xml")
add("xml_of_1_000_lines", xml(lambda: many_lines(1000)))


def many_lines(count: int) -> bytes:
    """An invoice of very many lines."""
    start, line, end = ubl().partition(b"<cac:InvoiceLine>")
    one, tail = (line + end).split(b"</Invoice>")
    return start + one * count + b"</Invoice>" + tail


# Archives


def blank(size: int) -> bytes:
    """Blanks, packed as tightly as deflate can; the same packed megabyte over and over, so that it is made at once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * MB) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * (size // MB) + b"\x03\x00"


def zip_bomb(size: int = 500 * MB) -> bytes:
    """A zip of a file that is far larger than it."""
    return hand_made([(b"a.xml", blank(size), size, 8)])


def hand_made(files: Sequence[tuple[bytes, bytes, int, int]], *, overlapping: bool = False, flags: int = 0) -> bytes:
    """A zip whose directory says what it is told to: name, packed bytes, size, method."""
    out, directory = bytearray(), bytearray()
    for name, packed, size, method in files:
        common = struct.pack("<5H3I2H", 20, flags, method, 0, 0, 0, len(packed), size & 0xFFFFFFFF, len(name), 0)
        start = 0 if overlapping else len(out)
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + common + struct.pack("<3H2I", 0, 0, 0, 0, start) + name
        if not overlapping or not out:
            out += b"PK\x03\x04" + common + name + packed
    end = struct.pack("<4H2IH", 0, 0, len(files), len(files), len(directory), len(out), 0)
    return bytes(out + directory) + b"PK\x05\x06" + end


def zip_in_zip(levels: int) -> bytes:
    """Zips in each other."""
    content = zip_bomb()
    for _ in range(levels):
        content = zipped({"a.zip": content})
    return content


BAD_ZIP = ("archive_bomb", "damaged_archive", "too_many_files")
add("zip_bomb", attached(zip_bomb, name="a.zip"), *BAD_ZIP)
add("zip_bombs_in_zips", attached(lambda: zip_in_zip(5), name="a.zip"), "nested_archive")
add(
    "zip_of_overlapping_files",
    attached(lambda: hand_made([(b"a", bytes(1000), 1000, 0)] * 40, overlapping=True), name="a.zip"),
    *BAD_ZIP,
)
add(
    "zip_of_60_000_files",
    attached(lambda: hand_made([(b"%d" % n, b"", 0, 0) for n in range(60_000)]), name="a.zip"),
    *BAD_ZIP,
)
add(
    "zip_of_100_files",
    attached(lambda: zipped({f"{n}.xml": ubl() for n in range(100)}), name="a.zip"),
    "too_many_files",
)
add("zip_of_empty_files", attached(lambda: zipped({f"{n}.xml": b"" for n in range(50)}), name="a.zip"), "empty")
add(
    "zip_that_is_encrypted",
    attached(lambda: hand_made([(b"a", b"x" * 50, 10, 8)], flags=1), name="a.zip"),
    "encrypted_archive",
)
add("zip_out_of_its_folder", attached(lambda: zipped({"../../../etc/a.xml": ubl(), "/b.xml": ubl("2")}), name="a.zip"))
add(
    "zip_that_says_500_mb",
    attached(lambda: hand_made([(b"a", zlib.compress(bytes(50))[2:-4], 500 * MB, 8)]), name="a.zip"),
    *BAD_ZIP,
)
add(
    "zip_that_says_less",
    attached(lambda: hand_made([(b"a", zlib.compress(bytes(5 * MB))[2:-4], 10, 8)]), name="a.zip"),
    *BAD_ZIP,
)
add("zip_cut_off", attached(lambda: zipped({"a.xml": ubl()})[:-30], name="a.zip"), *BAD_ZIP)
add(
    "zip_packed_by_lzma",
    attached(lambda: zipped({"a.xml": ubl()}, method=zipfile.ZIP_LZMA), name="a.zip"),
    "archive_refused",
)
add(
    "zips_of_20_mb_together",
    lambda: mail(*[part(zipped({"a.txt": large_text(n)}), name="a.zip") for n in range(6)]),
    "too_much_content",
)
add(
    "gzip_bomb",
    attached(lambda: b"\x1f\x8b\x08\x00" + zlib.compress(bytes(50 * MB)), name="a.xml.gz"),
    "archive_refused",
)
add(
    "seven_zip_rar_and_tar",
    lambda: mail(
        part(b"7z\xbc\xaf\x27\x1c" + bytes(99)),
        part(b"Rar!\x1a\x07\x01\x00" + bytes(99)),
        part(bytes(257) + b"ustar" + bytes(300)),
    ),
    "archive_refused",
)


def large_text(seed: int) -> bytes:
    """20 MB of text, packed to a fiftieth or so."""
    return (random.Random(seed).randbytes(16 * 1024).hex().encode() + b" " * 2 * MB) * 10


add(
    "zips_of_250_invoices",
    lambda: mail(*[part(zipped({f"{n}.xml": ubl(f"N{n}{m}") for n in range(50)}), name="a.zip") for m in range(5)]),
    "too_many_invoices",
)


# PDF


def raw_pdf(objects: Sequence[bytes], trailer: bytes = b"/Root 1 0 R", *, table: bool = True) -> bytes:
    """A PDF of these objects, numbered from 1."""
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    if table:
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer\n<</Size %d %s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)


def stream(content: bytes, head: bytes = b"") -> bytes:
    """A stream object."""
    return b"<</Length %d %s>>\nstream\n%s\nendstream" % (len(content), head, content)


def deflated(size: int, times: int = 1) -> bytes:
    """Blanks, packed so many times."""
    check = 1
    for _ in range(size // MB):
        check = zlib.adler32(b" " * MB, check)
    packed = b"\x78\xda" + blank(size) + struct.pack(">I", check)
    for _ in range(times - 1):
        packed = zlib.compress(packed, 9)
    return packed


CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"


def page(content: bytes = b"4 0 R", box: bytes = b"0 0 595 842", more: bytes = b"") -> bytes:
    """A page."""
    return b"<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents %s/Resources<<>>%s>>" % (box, content, more)


def of_pdf(make: Maker) -> Maker:
    """A mail with this PDF."""
    return attached(make, "application/pdf", "faktura.pdf")


def one_page(content: bytes, box: bytes = b"0 0 595 842", more: bytes = b"") -> bytes:
    """A PDF of one page with this stream."""
    return raw_pdf([CATALOG, PAGES, page(box=box, more=more), content])


def embedded(content: bytes) -> bytes:
    """A PDF with this stream as the file of its data."""
    names = b"/Names<</EmbeddedFiles<</Names[(factur-x.xml)5 0 R]>>>>"
    spec = b"<</Type/Filespec/F(factur-x.xml)/UF(factur-x.xml)/AFRelationship/Data/EF<</F 6 0 R>>>>"
    catalog = CATALOG.replace(b">>", names + b">>", 1)
    return raw_pdf([catalog, PAGES, page(), stream(b""), spec, content])


def name_tree_in_a_ring() -> bytes:
    """A PDF whose tree of files has itself as its branch."""
    catalog = CATALOG.replace(b">>", b"/Names<</EmbeddedFiles 5 0 R>>>>", 1)
    return raw_pdf([catalog, PAGES, page(), stream(b""), b"<</Kids[5 0 R 5 0 R]>>"])


def encrypted_pdf() -> bytes:
    """A PDF that asks for a password."""
    import pikepdf  # noqa: PLC0415 - of this one alone

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf(["Faktura"]))) as made:
        made.save(out, encryption=pikepdf.Encryption(user="hemligt", owner="hemligare"))
    return out.getvalue()


FLATE = b"/Filter/FlateDecode"
ACTIONS = b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>/AA<</WC<</S/Launch/F(cmd.exe)>>>>"
add("pdf_page_of_500_mb", of_pdf(lambda: one_page(stream(deflated(500 * MB), FLATE))))
add(
    "pdf_page_packed_three_times",
    of_pdf(lambda: one_page(stream(deflated(500 * MB, 3), b"/Filter[/FlateDecode/FlateDecode/FlateDecode]"))),
)
add("pdf_file_of_500_mb", of_pdf(lambda: embedded(stream(deflated(500 * MB), FLATE))))
add(
    "pdf_file_of_a_thousand_filters",
    of_pdf(lambda: embedded(stream(deflated(MB), b"/Filter[" + b"/FlateDecode" * 1000 + b"]"))),
)
add("pdf_file_that_is_a_bomb_of_xml", of_pdf(lambda: embedded(stream(laughs().encode()))), *BAD_XML)
add("pdf_files_in_a_ring", of_pdf(name_tree_in_a_ring))
add("pdf_pages_in_a_ring", of_pdf(lambda: raw_pdf([CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 9>>"])))
add(
    "pdf_of_two_thousand_million_pages",
    of_pdf(lambda: raw_pdf([CATALOG, PAGES.replace(b"Count 1", b"Count 2147483647"), page(), stream(b"")])),
)
add(
    "pdf_of_ten_thousand_pages",
    of_pdf(
        lambda: raw_pdf(
            [CATALOG, b"<</Type/Pages/Kids[" + b"3 0 R " * 10_000 + b"]/Count 10000>>", page(), stream(b"")]
        )
    ),
)
add("pdf_page_as_large_as_a_country", of_pdf(lambda: one_page(stream(b""), b"0 0 99999999 99999999")))
add("pdf_page_of_no_size", of_pdf(lambda: one_page(stream(b""), b"0 0 -1 0")))
add("pdf_page_of_nonsense", of_pdf(lambda: one_page(stream(b""), b"/a (b) null 1e99999")))
add("pdf_that_is_encrypted", of_pdf(encrypted_pdf), "encrypted_pdf")
add(
    "pdf_with_programs",
    of_pdf(lambda: raw_pdf([CATALOG.replace(b">>", ACTIONS + b">>"), PAGES, page(), stream(b"BT ET")])),
)
add(
    "pdf_of_arrays_in_arrays",
    of_pdf(lambda: raw_pdf([CATALOG, PAGES, page(more=b"/A " + b"[" * 100_000), stream(b"")])),
)
add("pdf_of_dictionaries_in_dictionaries", of_pdf(lambda: raw_pdf([b"<</Pages " * 50_000, PAGES])))
add(
    "pdf_whose_table_is_its_own_predecessor",
    of_pdf(lambda: raw_pdf([CATALOG, PAGES, page(), stream(b"")], b"/Root 1 0 R/Prev 9")),
)
add("pdf_whose_root_is_itself", of_pdf(lambda: raw_pdf([b"1 0 R", b"2 0 R"])))
add("pdf_without_a_table", of_pdf(lambda: raw_pdf([CATALOG, PAGES, page(), stream(b"")], table=False)))
add("pdf_length_that_lies", of_pdf(lambda: one_page(stream(b"BT ET").replace(b"Length 5", b"Length 99999999999"))))
add(
    "pdf_of_a_form_that_draws_itself",
    of_pdf(
        lambda: raw_pdf(
            [
                CATALOG,
                PAGES,
                page(more=b"/Resources<</XObject<</A 5 0 R>>>>"),
                stream(b"/A Do " * 300),
                stream(b"/A Do " * 1000, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</A 5 0 R>>>>"),
            ]
        )
    ),
)
add("pdf_of_states_without_end", of_pdf(lambda: one_page(stream(b"q " * 2_000_000))))
add(
    "pdf_of_objects_packed_to_500_mb",
    of_pdf(
        lambda: raw_pdf(
            [
                CATALOG,
                PAGES,
                page(),
                stream(b""),
                stream(deflated(500 * MB), FLATE + b"/Type/ObjStm/N 100000000/First 9"),
            ],
            table=False,
        )
    ),
)
add("pdf_of_text_without_end", of_pdf(lambda: pdf(["Faktura 123456 Att betala 1 250,00 "] * 5000)))
add("pdf_cut_off", of_pdf(lambda: pdf(["Faktura"])[:500]))
add("pdf_of_a_head_only", of_pdf(lambda: b"%PDF-1.7\n"), "damaged_pdf")
add(
    "pdf_of_200_000_objects",
    of_pdf(lambda: b"%PDF-1.7\n" + b"".join(b"%d 0 obj<<>>endobj " % n for n in range(200_000))),
)
add("pdf_that_is_html", of_pdf(lambda: b"<html><script>alert(1)</script><!--" + pdf(["Faktura"])), "html")
add("pdf_that_is_a_zip", of_pdf(lambda: pdf(["Faktura"]) + zipped({"a.xml": ubl()})))
add("pdf_that_is_a_program", of_pdf(lambda: b"MZ" + bytes(100) + pdf(["Faktura"])), "executable")
add(
    "pdfs_by_the_hundred",
    lambda: mail(*[part(pdf([f"Faktura {n}"]), "application/pdf", f"{n}.pdf") for n in range(300)]),
)


# Pictures


def png(width: int, height: int, chunks: bytes = b"") -> bytes:
    """A PNG that says it is of this size, with hardly any points."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunks + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def tiff(entries: bytes, following: int = 0) -> bytes:
    """A TIFF of one directory with these entries of 12 bytes."""
    return b"II*\x00\x08\x00\x00\x00" + struct.pack("<H", len(entries) // 12) + entries + struct.pack("<I", following)


def gif(frames: int) -> bytes:
    """A GIF of very many frames."""
    out = io.BytesIO()
    first, *rest = (Image.new("P", (200, 200), number % 256) for number in range(frames))
    first.save(out, "GIF", save_all=True, append_images=rest)
    return out.getvalue()


def of_picture(make: Maker, name: str = "IMG.png") -> Maker:
    """A mail with this picture."""
    return attached(make, "image/png", name)


SIZE = struct.pack("<HHIIHHII", 256, 4, 1, 1000, 257, 4, 1, 1000)
add("png_of_60_000_by_60_000", of_picture(lambda: png(60_000, 60_000)), "too_large_picture")
add("png_of_no_width", of_picture(lambda: png(0, 0)))
add(
    "png_with_texts_of_500_mb",
    of_picture(
        lambda: png(
            900,
            900,
            struct.pack(">I", len(t := b"a\0\0" + deflated(500 * MB)))
            + b"zTXt"
            + t
            + struct.pack(">I", zlib.crc32(b"zTXt" + t)),
        )
    ),
)
add("png_cut_off", of_picture(lambda: picture()[:300]))
add("tiff_in_a_ring", of_picture(lambda: tiff(SIZE, 8), "a.tif"))
add("tiff_of_huge_tags", of_picture(lambda: tiff(SIZE + struct.pack("<HHII", 273, 4, 0xFFFFFFFF, 8)), "a.tif"))
add("gif_of_a_thousand_frames", of_picture(lambda: gif(300), "a.gif"))
add("jpeg_cut_off", of_picture(lambda: picture("JPEG")[:700], "a.jpg"))
add("webp_of_nonsense", of_picture(lambda: b"RIFF\xff\xff\xff\xffWEBPVP8X" + bytes(100), "a.webp"))
add(
    "bmp_that_says_4_000_megapixels",
    of_picture(
        lambda: b"BM" + struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, 65000, 65000, 1, 24, 0, 0, 1, 1, 0, 0)
    ),
)
add(
    "svg_that_runs",
    of_picture(lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>1</script></svg>"),
    "html",
)
add("heic", of_picture(lambda: bytes(4) + b"ftypheic" + bytes(99)), "heic")
add("gif_that_is_a_program", of_picture(lambda: b"GIF89a=1;alert(1)//" + bytes(100), "a.js"), "executable")

# What programs and other mail programs send

add("program", attached(lambda: b"MZ" + bytes(1000), "application/pdf", "faktura.pdf"), "executable")
add("script_by_its_name", attached(lambda: b"var a = 1", "text/plain", "faktura.pdf.js"), "executable")
add(
    "office_with_macros",
    attached(lambda: zipped({"[Content_Types].xml": b"", "word/vbaProject.bin": b"x"}), name="a.docx"),
    "macros",
)
add("office_of_old", attached(lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(5000), name="a.doc"), "office_old")
add(
    "winmail_dat",
    attached(lambda: b"\x78\x9f\x3e\x22" + bytes(5000), "application/ms-tnef", "winmail.dat"),
    "winmail_dat",
)
add(
    "signed_by_nonsense",
    lambda: mail(whole=part(b"0\x80" * 50_000, "application/pkcs7-mime", "smime.p7m")),
    "encrypted_mail",
)
add(
    "signed_with_lengths_that_lie",
    lambda: mail(
        whole=part(
            b"0\x84\xff\xff\xff\xff\x06\x09*\x86H\x86\xf7\x0d\x01\x07\x02\xa0\x84\xff\xff\xff\xff",
            "application/pkcs7-mime",
            "smime.p7m",
        )
    ),
    "encrypted_mail",
)
add("signed_in_signed", lambda: mail(whole=signed(30)))


def signed(levels: int) -> bytes:
    """Signed mails in each other."""

    def der(tag: int, content: bytes) -> bytes:
        return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content

    content = part(ubl(), name="a.xml")
    for _ in range(levels):
        data = bytes.fromhex("06092a864886f70d010701") + der(0xA0, der(0x04, content))
        inner = der(0x30, b"\x02\x01\x01" + der(0x31, b"") + der(0x30, data))
        wrapped = der(0x30, bytes.fromhex("06092a864886f70d010702") + der(0xA0, inner))
        content = part(wrapped, "application/pkcs7-mime", "smime.p7m", encoding="")
    return content
