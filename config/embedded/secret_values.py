"""Generated secrets that live in the data folder, so that a restart keeps sessions and API keys."""

import os
import secrets
from pathlib import Path

from config.embedded.home import Home, create_private_folder


def kept_secret(home: Home, name: str) -> str:
    """The secret `name` of this home, made on first use and kept with mode 0600."""
    file = home.path / name
    if not file.exists():
        create_private_folder(home.path)
        publish_once(file, secrets.token_urlsafe(48))
    return file.read_text(encoding="ascii").strip()


def publish_once(file: Path, text: str) -> None:
    """Write `file` whole, unless another process just did: a link never replaces what is there."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    write_private(draft, text)
    try:
        os.link(draft, file)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def write_private(file: Path, text: str) -> None:
    """Write `file` with mode 0600 from its first byte on."""
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
