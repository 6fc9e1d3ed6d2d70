"""Messages outside the database: each content once, by its hash, and an envelope for each message."""

import hashlib
import uuid
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from inbox import storage
from inbox.storage import Envelope


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.UTKORG_MAIL_FOLDER = str(tmp_path / "mails")
    return tmp_path / "mails"


def envelope(*, day: int = 1) -> Envelope:
    return Envelope(
        uid=uuid.uuid4(),
        digest="0" * 64,
        size=3,
        company="100",
        address="bolaget-abc@invoices.localhost",
        sender="invoice@supplier.se",
        source="smtp",
        received_at=datetime(2026, 11, day, 12, 30, tzinfo=UTC),
    )


def test_a_content_is_kept_once_byte_for_byte_and_for_its_owner_alone(folder: Path) -> None:
    content = b"Subject: \xff\r\n\r\n" + bytes(range(256))
    digest = storage.keep(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert storage.keep(content) == digest
    assert storage.content_of(digest) == content
    (file,) = [path for path in folder.rglob("*") if path.is_file()]
    assert oct(file.stat().st_mode)[-3:] == "600"
    assert {oct(path.stat().st_mode)[-3:] for path in [folder, *folder.rglob("*")] if path.is_dir()} == {"700"}


def test_a_content_that_was_cut_off_is_kept_anew(folder: Path) -> None:
    digest = storage.keep(b"whole")
    (folder / storage.path_of(digest)).write_bytes(b"who")
    with pytest.raises(ValueError, match="changed"):
        storage.content_of(digest)
    storage.keep(b"whole")
    assert storage.content_of(digest) == b"whole"


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "A" * 64, "0" * 63, f"{'0' * 64}\n"])
def test_nothing_but_a_hash_names_a_content(digest: str) -> None:
    with pytest.raises(ValueError, match="no SHA-256"):
        storage.content_of(digest)


def test_envelopes_come_by_day_and_what_is_none_is_passed_over(folder: Path) -> None:
    kept = [envelope(day=day) for day in (3, 1, 2)]
    assert list(storage.envelopes()) == []
    for one in kept:
        storage.note(one)
    (folder / "envelopes/2026/11/01/torn.json").write_text('{"uid": "')
    by_day = sorted(kept, key=lambda one: one.received_at)
    assert list(storage.envelopes()) == by_day
    assert list(storage.envelopes(since=date(2026, 11, 2))) == by_day[1:]
