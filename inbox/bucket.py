"""The mail storage in a bucket of an S3: whatever it can't do is an `OSError`, as of a folder."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import ContentFile
from storages.backends.s3 import S3Storage

CONNECT_SECONDS, READ_SECONDS, TRIES = 5, 30, 3


class MailBucket(S3Storage):
    """A bucket. A mail server waits for what is stored, and its client for the mail server: so nothing waits long."""

    def __init__(self, **options: Any) -> None:
        # A server of one's own has one host name for all its buckets.
        style = "path" if options.get("endpoint_url") else "auto"
        config = Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
            s3={"addressing_style": style},
            signature_version="s3v4",
        )
        super().__init__(**{"client_config": config, **options})

    def exists(self, name: str) -> bool:
        with _as_os_error():
            found: bool = super().exists(name)
            return found

    def size(self, name: str) -> int:
        with _as_os_error():
            found: int = super().size(name)
            return found

    def listdir(self, path: str) -> tuple[list[str], list[str]]:
        with _as_os_error():
            found: tuple[list[str], list[str]] = super().listdir(path)
            return found

    def delete(self, name: str) -> None:
        with _as_os_error():
            super().delete(name)

    def kept_before(self, folder: str, moment: datetime) -> Iterator[str]:
        """Go through the names of the files below a folder that were saved before a moment, a thousand at a time."""
        with _as_os_error():
            for found in self.bucket.objects.filter(Prefix=f"{folder}/"):
                if found.last_modified < moment:
                    yield found.key.rpartition("/")[2]

    def _open(self, name: str, mode: str = "rb") -> ContentFile[bytes]:
        """Read it whole: a message is in memory anyway, and a file that breaks off later is no `OSError`."""
        with _as_os_error(), super()._open(name, mode) as file:
            return ContentFile(file.read(), name=name)

    def _save(self, name: str, content: Any) -> str:
        with _as_os_error():
            saved: str = super()._save(name, content)
            return saved


@contextmanager
def _as_os_error() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error) as error:
        raise OSError(f"The mail storage failed: {error}") from error
