"""Where messages and their files are kept, outside the database: each content once, named by its SHA-256.

Beside the contents stand envelopes: for each `Mail` row what was known when the message came, so that a database that
was restored from a backup can be told which messages it lacks. A folder, or S3 (`UTKORG_MAIL_BUCKET`).

    content/ab/cd/abcd….eml     bytes
    envelopes/2026/11/22/<uid>.json
"""

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import re
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self, cast

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.utils.deconstruct import deconstructible

DIGEST = re.compile(r"[0-9a-f]{64}")
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Envelope:
    """What is known of a message when it comes; `company` is a number, None where no company could be told.

    `write` is what the journal calls the request that handed it in over REST.
    """

    uid: uuid.UUID
    digest: str
    size: int
    company: str | None
    address: str
    sender: str
    source: str
    received_at: datetime
    write: uuid.UUID | None = None

    def to_json(self) -> str:
        """As it is kept."""
        values = dataclasses.asdict(self)
        values |= {"uid": str(self.uid), "received_at": self.received_at.isoformat()}
        return json.dumps(values | {"write": str(self.write) if self.write else None})

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Raises ValueError, KeyError or TypeError for what is no envelope."""
        values: dict[str, Any] = json.loads(text)
        write = values.get("write")
        values |= {"uid": uuid.UUID(values["uid"]), "received_at": datetime.fromisoformat(values["received_at"])}
        return cls(**values | {"write": uuid.UUID(write) if write else None})

    @property
    def path(self) -> str:
        """Where it is kept, by the day of its arrival in UTC."""
        return f"envelopes/{self.received_at.astimezone(UTC):%Y/%m/%d}/{self.uid}.json"


@deconstructible(path="inbox.storage.MailFolder")
class MailFolder(FileSystemStorage):
    """The folder of the setting, whose files their owner alone can read; what is saved is on the disk."""

    def __init__(self) -> None:
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700)

    @property
    def base_location(self) -> str:
        """The folder as the setting says it now."""
        return str(settings.UTKORG_MAIL_FOLDER)

    @property
    def location(self) -> str:
        """The same, from the root."""
        return os.path.abspath(self.base_location)  # noqa: PTH100 (as Django's own)

    def _save(self, name: str, content: Any) -> str:
        """Write a file whole or not at all, and not return before it would survive a power cut."""
        path = Path(self.path(name))
        _make_folder(path.parent, Path(self.location))
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in content.chunks():
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
        _sync(path.parent)
        return name

    def kept_before(self, folder: str, moment: datetime) -> Iterator[str]:
        """Go through the names of the files below a folder that were saved before a moment."""
        for parent, _folders, names in os.walk(self.path(folder)):
            for name in names:
                with contextlib.suppress(FileNotFoundError):
                    if Path(parent, name).stat().st_mtime < moment.timestamp():
                        yield name

    def get_available_name(self, name: str, max_length: int | None = None) -> str:  # noqa: ARG002 (Django's hook)
        """A name stands for its content, so the same again is the same file."""
        return name


def mail_storage() -> Storage:
    """Return the storage of the settings."""
    return storages["mails"]


def keep(content: bytes) -> str:
    """Keep a content, once, and return its digest; it is safe when this returns. Raises OSError where it can't be."""
    digest = hashlib.sha256(content).hexdigest()
    path = path_of(digest)
    storage = mail_storage()
    if not (storage.exists(path) and storage.size(path) == len(content)):
        storage.save(path, ContentFile(content))
    return digest


def is_full(error: OSError) -> bool:
    """Tell whether a storage has no room, rather than being away or broken."""
    return error.errno in FULL


def content_of(digest: str) -> bytes:
    """Return what was kept. Raises FileNotFoundError; and ValueError where the bytes are not those that were kept."""
    with mail_storage().open(path_of(digest)) as file:
        content: bytes = file.read()
    if hashlib.sha256(content).hexdigest() != digest:
        raise ValueError(f"The kept content {digest} was changed.")
    return content


def digests_before(moment: datetime) -> Iterator[str]:
    """Go through the contents that were kept before a moment. Raises OSError."""
    found: Iterator[str] = cast(Any, mail_storage()).kept_before("content", moment)
    return (name for name in found if DIGEST.fullmatch(name))


def path_of(digest: str) -> str:
    """Where a content is kept."""
    if not DIGEST.fullmatch(digest):
        raise ValueError(f"{digest!r} is no SHA-256.")
    return f"content/{digest[:2]}/{digest[2:4]}/{digest}"


def note(envelope: Envelope) -> None:
    """Keep an envelope; it is safe when this returns."""
    mail_storage().save(envelope.path, ContentFile(envelope.to_json().encode()))


def is_noted(envelope: Envelope) -> bool:
    """Tell whether an envelope is kept. Raises OSError."""
    return bool(mail_storage().exists(envelope.path))


def envelopes(*, since: date | None = None) -> Iterator[Envelope]:
    """Go through the envelopes in the order of their days; what is no envelope is passed over."""
    for _uid, path in envelope_paths(since=since):
        if (found := envelope_at(path)) is not None:
            yield found


def envelope_paths(*, since: date | None = None) -> Iterator[tuple[uuid.UUID, str]]:
    """Go through the names of the envelopes in the order of their days, and where they are; none is opened."""
    for day in _days("envelopes", since):
        _folders, names = mail_storage().listdir(day)
        for name in sorted(names):
            with contextlib.suppress(ValueError):
                yield uuid.UUID(name.removesuffix(".json")), f"{day}/{name}"


def envelope_at(path: str) -> Envelope | None:
    """Return an envelope; None for what is none."""
    with mail_storage().open(path) as file, contextlib.suppress(ValueError, KeyError, TypeError):
        return Envelope.from_json(file.read().decode())
    return None


def _days(folder: str, since: date | None) -> Iterator[str]:
    first = since.strftime("%Y/%m/%d") if since else ""
    for year in _folders(folder):
        for month in _folders(f"{folder}/{year}"):
            for day in _folders(f"{folder}/{year}/{month}"):
                if f"{year}/{month}/{day}" >= first:
                    yield f"{folder}/{year}/{month}/{day}"


def _folders(path: str) -> list[str]:
    try:
        return sorted(name for name in mail_storage().listdir(path)[0] if name.isdecimal())
    except FileNotFoundError:
        return []


def _make_folder(folder: Path, top: Path) -> None:
    if folder.is_dir():
        return
    if folder != top:
        _make_folder(folder.parent, top)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
