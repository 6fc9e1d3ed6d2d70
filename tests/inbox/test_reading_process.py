"""A message is read in a process of its own: bounded, shut in, and lost without harm."""

import io
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes
from pathlib import Path

import pikepdf
import psutil
import pytest

from inbox import reading
from inbox.reading import LIMITS, Limits, ReadingDied, ReadingRefused, ReadingUnavailable
from inbox.reading.exceptions import Usage
from inbox.reading.plain import WrongShape, plain, restored
from inbox.reading.process import Answer, Readers
from inbox.reading.results import Headers, ReadMessage
from tests.inbox.hostile_messages import HOSTILE, one_page, stream
from tests.inbox.writing import mail, part, pdf, picture, text, ubl

PROJECT = Path(__file__).parents[2]
SLOW = HOSTILE["pdf_of_a_form_that_draws_itself"]


def until(true: Callable[[], object]) -> None:
    """Wait for something that comes soon."""
    for _ in range(1000):
        if true():
            return
        time.sleep(0.02)
    pytest.fail("It never came.")


def test_an_answer_is_the_same_as_without_a_process() -> None:
    shown = pdf(["Bild"])
    content = mail(text(), part(ubl(embedded={"a.pdf": shown}), "application/xml", "a.xml"))
    read = reading.read_message(content)
    assert read.candidates[0].invoice is not None
    assert read.candidates[0].invoice.attachments[0].content == shown == read.content("2/1")
    assert read.headers == reading.read_headers(content)
    elsewhere = reading.read_document((PROJECT / "tests/data/invoices/ehf3-norway.xml").read_bytes())
    assert elsewhere.candidates[0].invoice is not None
    assert [bool(each.content) for each in elsewhere.candidates[0].invoice.attachments] == [False, True]
    alone = reading.read_document(ubl(), file_name="../a.xml")
    assert (alone.parts[0].file_name, alone.candidates[0].kind) == ("a.xml", "xml")


def test_a_reading_that_takes_too_long_is_ended() -> None:
    with pytest.raises(ReadingDied) as died:
        reading.read_message(SLOW.make(), limits=Limits(seconds=0.5))
    assert died.value.reason == "time"
    assert died.value.usage.seconds < LIMITS.seconds


def test_a_reading_that_takes_too_much_memory_is_ended() -> None:
    with pytest.raises(ReadingDied) as died:
        reading.readers.read("message", HOSTILE["pdf_page_of_500_mb"].make(), limits=Limits(memory=200 * 2**20))
    assert died.value.reason == "memory"
    assert died.value.usage.peak <= 200 * 2**20


def test_a_file_that_takes_the_process_with_it_is_left_out_and_the_rest_is_read() -> None:
    deadly = next(one for one in message_from_bytes(SLOW.make()).walk() if one.get_filename()).get_payload(decode=True)
    assert isinstance(deadly, bytes)
    content = mail(
        text(),
        part(ubl(), "application/xml", "a.xml"),
        part(deadly, "application/pdf", "b.pdf"),
        part(with_data(deadly, ubl(number="1002")), "application/pdf", "c.pdf"),
    )
    # It grows while it runs: with less memory a quick machine would end it by that.
    read = reading.read_message(content, limits=Limits(step_seconds=1.5, memory=8 * 2**30))
    assert [(one.kind, one.document) for one in read.candidates] == [("xml", "2"), ("pdf_data", "4")]
    assert [(one.code, one.path) for one in read.problems] == [("reading_died_time", "3"), ("reading_died_time", "4")]
    assert (read.part("3").role, read.part("3").reason) == ("refused", "reading_died_time")
    assert read.part("4").role == "invoice"


def with_data(content: bytes, xml: bytes) -> bytes:
    """A PDF with the data of an invoice put into it."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as made:
        made.attachments["factur-x.xml"] = pikepdf.AttachedFileSpec(made, xml, filename="factur-x.xml")  # type: ignore[call-arg]
        made.save(out)
    return out.getvalue()


def test_what_is_too_large_is_refused_before_anything() -> None:
    with pytest.raises(ReadingRefused) as refused:
        reading.read_message(bytes(LIMITS.content + 1))
    assert refused.value.code == "too_large"


def test_a_child_that_is_killed_harms_nobody_and_a_lost_mother_is_replaced() -> None:
    readers = Readers()
    reading_of = ThreadPoolExecutor(1)
    under_way = reading_of.submit(readers.read, "message", SLOW.make())
    mother = _mother(readers)
    until(mother.children)
    mother.children()[0].kill()
    with pytest.raises(ReadingDied) as died:
        under_way.result()
    assert died.value.reason == "crash"
    assert readers.read("headers", b"Subject: a\r\n").told["subject"] == "a"
    mother.kill()
    assert readers.read("headers", b"Subject: b\r\n").told["subject"] == "b"
    readers.close()


def _mother(readers: Readers) -> psutil.Process:
    until(lambda: readers._mother)
    assert readers._mother is not None
    return psutil.Process(readers._mother.pid)


def test_many_readings_at_once_get_their_own_answers() -> None:
    def read(number: int) -> bool:
        return reading.read_headers(f"Subject: {number}\r\n\r\n".encode()).subject == str(number)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(40)))


def test_a_forked_process_reads_with_a_mother_of_its_own() -> None:
    assert reading.read_headers(b"Subject: a\r\n").subject == "a"
    fork = multiprocessing.get_context("fork")
    mine, its = fork.Pipe()

    def read() -> None:
        its.send(reading.read_headers(b"Subject: b\r\n").subject)
        os._exit(0)

    process = fork.Process(target=read)
    process.start()
    assert mine.recv() == "b"
    process.join()
    assert reading.read_headers(b"Subject: c\r\n").subject == "c"


STARTS_A_MOTHER = """
import time
from inbox import reading
reading.read_headers(b"Subject: a\\r\\n")
print(reading.readers._mother.pid, flush=True)
time.sleep(60)
"""


def test_the_mother_has_no_secrets_and_ends_with_the_process_that_started_it() -> None:
    environment = {**os.environ, "SECRET_KEY": "secret", "DATABASE_URL": "postgres://secret"}
    process = subprocess.Popen(
        [sys.executable, "-c", STARTS_A_MOTHER], cwd=PROJECT, env=environment, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    mother = psutil.Process(int(process.stdout.readline()))
    assert "secret" not in str(mother.environ())
    assert set(mother.environ()) <= {"LANG", "PYTHONDONTWRITEBYTECODE", "LC_CTYPE"}
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    until(lambda: not mother.is_running() or mother.status() == psutil.STATUS_ZOMBIE)


TRIES = """
import json, os, socket, sys
from inbox.reading import isolation, jobs
from inbox.reading.limits import LIMITS
isolation.leave_network()
isolation.give_up(LIMITS)
tried = {"landlock": isolation._libc.syscall(isolation.LANDLOCK_CREATE_RULESET, None, 0, 1) > 0}
def attempt(name, do):
    try:
        do()
        tried[name] = "done"
    except MemoryError:
        tried[name] = "MemoryError"
    except OSError as error:
        tried[name] = type(error).__name__
attempt("read", lambda: open("/etc/passwd").read())
attempt("write", lambda: open("/tmp/utkorg-was-here", "w").write("x"))
attempt("connect", lambda: socket.socket().connect(("127.0.0.1", 1)))
attempt("fork", os.fork)
attempt("run", lambda: os.execv("/bin/true", ["true"]))
attempt("memory", lambda: bytearray(600 * 2**20))
os.write(1, json.dumps(tried).encode())
"""


def test_a_reading_process_has_no_files_no_network_and_no_programs() -> None:
    done = subprocess.run([sys.executable, "-c", TRIES], cwd=PROJECT, capture_output=True, check=True, timeout=60)
    tried = json.loads(done.stdout)
    assert tried["memory"] == "MemoryError"
    assert tried["write"] in {"PermissionError", "OSError"}
    for what in ("connect", "fork", "run", *(["read"] if tried["landlock"] else [])):
        assert tried[what] == "PermissionError", tried


def test_without_a_process_to_be_had_it_is_to_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ReadingUnavailable):
        Readers().read("headers", b"")


def test_an_answer_of_another_shape_is_refused() -> None:
    good = json.loads(json.dumps(plain(reading.read_document(ubl()))))
    assert restored(ReadMessage, good, {}).candidates[0].invoice.number == "1001"
    for spoil in (
        lambda told: told.update(text=1),
        lambda told: told.update(more=1),
        lambda told: told.pop("text"),
        lambda told: told.update(parts={}),
        lambda told: told["parts"][0].update(role="admin"),
        lambda told: told["parts"][0].update(size="1"),
        lambda told: told["parts"][0].update(size=True),
        lambda told: told["headers"].update(date="yesterday"),
        lambda told: told["headers"].update(date="2026-01-01T00:00:00"),
        lambda told: told["candidates"][0]["invoice"].update(number=["1001"]),
        lambda told: told["candidates"][0]["invoice"]["totals"].update(payable={}),
        lambda told: told["candidates"][0].update(invoice=[]),
        lambda told: told.update(text="x" * 3_000_000),
    ):
        bad = json.loads(json.dumps(good))
        spoil(bad)
        with pytest.raises(WrongShape):
            restored(ReadMessage, bad, {})
    assert restored(Headers, plain(Headers()), {}) == Headers()


def test_an_answer_that_points_at_parts_which_are_not_there_is_refused() -> None:
    told = json.loads(json.dumps(plain(reading.read_document(ubl()))))
    told["candidates"][0]["attachments"] = ["9/9"]
    with pytest.raises(ReadingDied):
        reading.message_of(Answer(told, [], Usage()))


def test_pages_and_pictures_are_drawn_anew() -> None:
    drawn = reading.render_pages(pdf(["Faktura"], pages=30))
    assert len(drawn) == LIMITS.pages
    assert len(reading.render_pages(pdf(["Faktura"], pages=3), first=3, count=5)) == 1
    for kind in ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP"):
        assert reading.render_picture(picture(kind)).startswith(b"\x89PNG")
    assert reading.render_picture(picture("TIFF", mode="1")).startswith(b"\x89PNG")
    assert len(reading.render_picture(one_page(stream(b""), b"0 0 14000 14"))) < 100_000


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"hej", "not_a_picture"),
        (bytes(4) + b"ftypheic" + bytes(99), "heic"),
        (b"%PDF-1.7 nothing", "damaged_pdf"),
        (one_page(stream(b""), b"0 0 99999999 99999999"), "damaged_pdf"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "not_a_picture"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_reason(content: bytes, code: str) -> None:
    with pytest.raises(ReadingRefused) as refused:
        reading.render_pages(content)
    assert refused.value.code == code


def test_threads_of_their_own_do_not_take_the_mother_with_them() -> None:
    told: list[str] = []
    for number in range(2):
        thread = threading.Thread(target=lambda: told.append(reading.read_headers(b"Subject: a\r\n").subject))
        thread.start()
        thread.join()
        assert len(told) == number + 1
