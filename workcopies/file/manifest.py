"""What a working copy says of its origin, signed: whatever of it or of the base is changed later is known."""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, Self

from django.core import signing

from workcopies.exceptions import BadFile, ForeignFile, NewerFile, TamperedFile

VERSION = 2  # 1: without the log of writes
SALT = "utkorg.working-copy"
LONGEST_UNSIGNED = 2**20


@dataclasses.dataclass(frozen=True)
class BaseOf:
    """What the base holds of a table, and the SQL that made it; `size` is its text's, `digest` is over its pages."""

    columns: tuple[str, ...]
    statements: tuple[str, ...]
    rows: int
    pages: int
    size: int
    digest: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Manifest:
    """The origin of a working copy.

    `installation` and `epoch` name the database, `position` its last change set at check-out, `snapshot` whose
    transactions it has (PostgreSQL's `pg_snapshot`; none in a copy of an older version). `companies` are numbers;
    `years` the first days of the financial years whose vouchers are in it, by company, all where a company isn't named.
    `rights` are the permissions (`ledger.change_account`) that whoever checked it out had, by company. `tables` are
    what the file holds, by name.
    """

    uid: str
    installation: str
    epoch: int
    position: int
    user: str
    made_at: datetime
    companies: tuple[str, ...]
    name: str = ""
    years: Mapping[str, tuple[date, ...]] = dataclasses.field(default_factory=dict)
    rights: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    tables: Mapping[str, BaseOf] = dataclasses.field(default_factory=dict)
    version: int = VERSION
    snapshot: str = ""

    def as_text(self) -> str:
        """The manifest as it is signed and kept: JSON with sorted keys."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True, separators=(",", ":"), default=_as_json)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """The manifest that a file holds. Raises `BadFile`, and `NewerFile` for one of a later version."""
        try:
            content = json.loads(text)
            version = content["version"]
            if isinstance(version, int) and version > VERSION:
                raise NewerFile
            return cls(**{**content, **_typed(content)})
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise BadFile from error

    @property
    def rows(self) -> int:
        """How many rows the base has."""
        return sum(base.rows for base in self.tables.values())


def sign(text: str) -> str:
    """The signature of a manifest's text."""
    return signing.Signer(salt=SALT).signature(text)


def is_signed(text: str, signature: str) -> bool:
    """Whether this installation signed the text."""
    try:
        signing.Signer(salt=SALT).unsign(f"{text}:{signature}")
    except signing.BadSignature:
        return False
    return True


def read_signed(text: str, signature: str, *, installation: str | None) -> Manifest:
    """The manifest of a text that this installation (its uid) signed; with None nobody looks at the signature.

    Raises `TamperedFile`, `ForeignFile` for a copy of another installation, and what `Manifest.from_text` does.
    """
    if installation is None:
        return Manifest.from_text(text)
    if not is_signed(text, signature):
        # Little is read of what nobody vouches for: only whose it says it is.
        if len(text) <= LONGEST_UNSIGNED and Manifest.from_text(text).installation != installation:
            raise ForeignFile
        raise TamperedFile
    manifest = Manifest.from_text(text)
    if manifest.installation != installation:
        raise ForeignFile
    return manifest


class Digest:
    """The digest of a table's base, fed page by page."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def add(self, page: int, first_id: int, last_id: int, rows: int, lines: bytes) -> None:
        """Add a page as it is stored."""
        self._hash.update(f"{page},{first_id},{last_id},{rows},{len(lines)};".encode())
        self._hash.update(lines)

    def __str__(self) -> str:
        return self._hash.hexdigest()


def _as_json(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value))


def _typed(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return dict(_values(content))


def _values(content: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name in ("uid", "installation", "user", "name"):
        yield name, _text(content[name])
    yield "snapshot", _text(content.get("snapshot", ""))
    for name in ("epoch", "position", "version"):
        yield name, _integer(content[name])
    yield "made_at", datetime.fromisoformat(content["made_at"])
    yield "companies", tuple(map(_text, content["companies"]))
    yield "years", {_text(number): tuple(map(date.fromisoformat, days)) for number, days in content["years"].items()}
    yield "rights", {_text(number): tuple(map(_text, names)) for number, names in content["rights"].items()}
    yield "tables", {_text(name): _base(base) for name, base in content["tables"].items()}


def _base(content: Mapping[str, Any]) -> BaseOf:
    return BaseOf(
        columns=tuple(map(_text, content["columns"])),
        statements=tuple(map(_text, content["statements"])),
        rows=_integer(content["rows"]),
        pages=_integer(content["pages"]),
        size=_integer(content["size"]),
        digest=_text(content["digest"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(value)
    return value
