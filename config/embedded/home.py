"""The data folder of an embedded installation, and where its sockets are."""

import hashlib
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from config.embedded.exceptions import UnsafeFolder

PROJECT = Path(__file__).resolve().parent.parent.parent

# A socket's path may be 107 bytes at most, and PostgreSQL adds ".s.PGSQL.5432" and ".lock" beside it.
LONGEST_SOCKET_FOLDER = 80
# Broker URLs carry the path unquoted, so blanks and other special characters would break them.
PLAIN_PATH = re.compile(r"[A-Za-z0-9_./-]+")


@dataclass(frozen=True)
class Home:
    """Paths below `$UTKORG_HOME`; nothing is created by asking for one."""

    path: Path

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def valkey(self) -> Path:
        return self.path / "valkey"

    @property
    def log(self) -> Path:
        return self.path / "log"

    @property
    def static(self) -> Path:
        return self.path / "static"

    @property
    def imports(self) -> Path:
        """Files that people put in, until they are imported."""
        return self.path / "imports"

    @property
    def working_copies(self) -> Path:
        """Working copies on their way to and from a browser."""
        return self.path / "working-copies"

    @property
    def mails(self) -> Path:
        """Messages to the e-mail portal, byte for byte."""
        return self.path / "mails"

    @property
    def marks(self) -> Path:
        """How far the database has come, for when an older one is put in its place."""
        return self.path / "marks"

    @property
    def journal(self) -> Path:
        """What was written over REST, for when an older database is put in place of this one."""
        return self.path / "journal"

    @property
    def warning(self) -> Path:
        """What is told on the terminal when everything is ready, where there is something."""
        return self.path / "warning.txt"

    @property
    def lock(self) -> Path:
        return self.path / "lock"

    @property
    def credentials(self) -> Path:
        return self.path / "credentials.json"

    @property
    def unpublished_credentials(self) -> Path:
        """Where the credentials of a first run wait until the web server answers."""
        return self.path / ".credentials.json"

    @property
    def sockets(self) -> Path:
        """A short folder without special characters, always the same one for this home."""
        near = self.path / "run"
        if len(os.fsencode(near)) <= LONGEST_SOCKET_FOLDER and PLAIN_PATH.fullmatch(str(near)):
            return near
        owner = self.path.stat().st_uid if self.path.exists() else os.getuid()
        name = hashlib.sha256(os.fsencode(self.path)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"utkorg-{owner}-{name}"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def database_url(self) -> str:
        return f"postgres://utkorg@/utkorg?host={self.sockets}"

    @property
    def broker_url(self) -> str:
        return f"redis+socket://{self.valkey_socket}"

    def create(self) -> None:
        """Make the folders, readable by their owner alone."""
        for folder in (self.path, self.valkey, self.log, self.sockets):
            create_private_folder(folder)


def utkorg_home() -> Home:
    """The home that `UTKORG_HOME` names, by default `.utkorg` in the project's folder."""
    named = os.environ.get("UTKORG_HOME") or PROJECT / ".utkorg"
    return Home(Path(named).expanduser().resolve())


def create_private_folder(folder: Path) -> None:
    """Make `folder` with mode 0700, or refuse one that another user could have laid there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UnsafeFolder(f"{folder} cannot be made ({error.strerror}): choose another UTKORG_HOME") from None
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
        raise UnsafeFolder(f"{folder} belongs to another user: choose another UTKORG_HOME")
    if stat.S_IMODE(status.st_mode) & 0o077:
        folder.chmod(0o700)
