"""What a check-in would do, or has done, as its page shows it: numbers by register, and the documents."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from typing import Any

from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from access.http.admin.export.columns import Column
from information_types import registry
from information_types.definition import InformationType
from workcopies.documents.kinds import Kind, all_kinds, kinds_by_register

LISTS = ("landed", "conflicts", "refused", "theirs")
SIDES = ("mine", "theirs", "both", "same")
MOST_LISTED = 100
MOST_FIELDS = 6
OPERATIONS: dict[str, str | Promise] = {
    "created": pgettext_lazy("of a document", "New"),
    "changed": pgettext_lazy("of a document", "Changed"),
    "deleted": pgettext_lazy("of a document", "Deleted"),
}
# What a key names by more than one value, beside the company
YEAR = "financial_year"


@dataclass(frozen=True)
class Document:
    """One that is named on the page; `number` is its place in its list."""

    number: int
    kept: Mapping[str, Any]

    @property
    def company(self) -> str:
        """Whose it is, by number."""
        return str(self.key.get("company", ""))

    @property
    def key(self) -> Mapping[str, Any]:
        """Its natural key."""
        return dict(self.kept.get("key") or {})

    @property
    def kind(self) -> Kind | None:
        """What it is; None for what an earlier version had."""
        return _kinds_by_name().get(self.kept.get("information_type", ""))

    @property
    def information_type(self) -> InformationType | None:
        """What it is sent as, where it is."""
        name = self.kept.get("information_type", "")
        return registry.get(name) if name in registry.names() else None

    @property
    def type(self) -> str:
        """What it is called on screen."""
        kind, known = self.kind, self.information_type
        if kind is None:
            return str(self.kept.get("information_type", ""))
        return str(known.label) if known and not kind.rows else _plural(kind)

    @property
    def name(self) -> str:
        """Its natural key as people write it."""
        key = self.key
        # JSON in the database has an order of its own.
        ordered = [part.name for part in self.kind.key] if self.kind else list(key)
        own = [str(key[name]) for name in ordered if name not in ("company", YEAR) and key.get(name)]
        year = str(key.get(YEAR, ""))
        if not own:
            return _day(year) if year else self.company
        return f"{' '.join(own)} ({year[:4]})" if year else " ".join(own)

    @property
    def operation(self) -> str:
        """What is done to it."""
        return str(self.kept.get("operation", ""))

    @property
    def operation_label(self) -> str:
        """The same, for people."""
        return str(OPERATIONS.get(self.operation, self.operation))

    @property
    def provisional(self) -> str:
        """The number that it had in the copy."""
        return str(self.kept.get("provisional") or "")

    @property
    def reason(self) -> str:
        """Why it can't land."""
        return str(self.kept.get("reason", ""))

    @property
    def fields(self) -> Sequence[str]:
        """What differs."""
        return list(self.kept.get("fields") or {})

    @property
    def differs(self) -> str:
        """The same in a few words."""
        named = [self._word(name) for name in self.fields[:MOST_FIELDS]]
        return ", ".join(dict.fromkeys(named)) + (" …" if len(self.fields) > MOST_FIELDS else "")

    def _word(self, name: str) -> str:
        kind, (*_way, last) = self.kind, name.split(".")
        known = {} if kind is None else {**(kind.rows.fields_by_name if kind.rows else {}), **kind.fields_by_name}
        return str(capfirst(known[last].field.verbose_name)) if last in known else name

    @property
    def has_page(self) -> bool:
        """Whether there may be something to look at."""
        return self.operation not in {"deleted", ""}


@dataclass(frozen=True)
class Register:
    """A register's numbers: of documents that one side changed, or both; of those some go together."""

    label: str
    mine: int
    theirs: int
    both: int
    same: int


@dataclass(frozen=True)
class Missing:
    """Rows that the copy lacks, of as many as were checked out."""

    label: str
    rows: int
    of: int


class Outcome:
    """A preview or a report, as far as its reader may see it (`known`: numbers of companies; None for all)."""

    def __init__(
        self,
        *,
        preview: Mapping[str, Any],
        report: Mapping[str, Any] | None,
        known: frozenset[str] | None = None,
        most: int | None = MOST_LISTED,
    ) -> None:
        self._preview, self._report = preview, report
        self._known, self._most = known, most

    @cached_property
    def registers(self) -> list[Register]:
        """Those in which either side changed something."""
        sides: Mapping[str, Mapping[str, int]] = self._preview.get("sides") or {}
        return [
            Register(label_of(name), **{side: counts.get(side, 0) for side in SIDES})
            for name, counts in sides.items()
            if any(counts.get(side) for side in SIDES)
        ]

    @property
    def knows_theirs(self) -> bool:
        """Whether the server's own changes were looked for: who lands doesn't, and tells nothing of them."""
        return self._report is None

    @property
    def theirs_total(self) -> int:
        """How many only the server changed."""
        return self.total("theirs")

    @property
    def unchanged(self) -> int:
        """How many neither side changed."""
        return int(
            (self._report or self._preview).get("unchanged") or self._preview.get("counts", {}).get("unchanged", 0)
        )

    @property
    def held(self) -> list[Missing]:
        """Registers of which many rows are missing, which somebody has to say is meant."""
        held = self._preview.get("many_deletions") or ()
        return [Missing(label_of(one["information_type"]), one["missing"], one["of"]) for one in held]

    @property
    def operations(self) -> list[tuple[str, int]]:
        """How many documents land, by what is done to them; nothing where not all are known here."""
        landed = list(self._kept("landed"))
        if len(landed) < self.landed_total:
            return []
        counts = Counter(kept.get("operation") for kept in landed)
        return [(str(label), counts[name]) for name, label in OPERATIONS.items() if counts[name]]

    @property
    def warnings(self) -> Sequence[str]:
        """What there is to know beside the documents."""
        return self._preview.get("warnings") or (self._report or {}).get("warnings") or []

    def documents(self, part: str) -> list[Document]:
        """A list's documents, as far as they may be seen and are shown."""
        found = [document for document in self._all(part) if self._is_known(document)]
        return found if self._most is None else found[: self._most]

    @property
    def lists(self) -> Iterator[tuple[str, list[Document], int]]:
        """Each list that has something: its name, its first documents, and how many there are."""
        for part in LISTS:
            if total := self.total(part):
                yield part, self.documents(part), total

    def total(self, part: str) -> int:
        """How many documents a list has."""
        total = self._preview.get(f"{part}_total")
        return len((self._report or {}).get(part, ())) if total is None else total

    @property
    def landed_total(self) -> int:
        """How many land."""
        return self.total("landed")

    @property
    def conflicts_total(self) -> int:
        """How many wait for somebody."""
        return self.total("conflicts")

    @property
    def refused_total(self) -> int:
        """How many can't land."""
        return self.total("refused")

    @property
    def is_empty(self) -> bool:
        """Whether the copy changed nothing that isn't here already."""
        return not (self.landed_total or self.conflicts_total or self.refused_total)

    @property
    def has_several_companies(self) -> bool:
        """Whether it says something whose a document is."""
        return len({document.company for part in LISTS for document in self._all(part)}) > 1

    def _all(self, part: str) -> Iterator[Document]:
        return (Document(number, one) for number, one in enumerate(self._kept(part)))

    def _kept(self, part: str) -> Sequence[Mapping[str, Any]]:
        # A report has all of them, a preview the first.
        kept: Sequence[Mapping[str, Any]] | None = (self._report or {}).get(part)
        return self._preview.get(part, ()) if kept is None else kept

    def _is_known(self, document: Document) -> bool:
        return self._known is None or document.company in self._known


def page_of_document(document: Document, site: AdminSite) -> str | None:
    """The address of a document's page; None where it isn't there."""
    kind = document.kind
    if kind is None or not site.is_registered(kind.model):
        return None
    given = {**(document.information_type.only if document.information_type else {}), **document.key}
    wanted = {part.path: given.get(part.name) for part in kind.key}
    if None in wanted.values():
        return None
    try:
        found = kind.model._default_manager.filter(**wanted).values_list("pk", flat=True).first()
    except (ValueError, TypeError, ValidationError):
        return None
    meta = kind.model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[found]) if found else None


def csv_columns(part: str) -> list[Column]:
    """The columns of a list as a file."""
    columns = [
        Column(str(_("Company")), lambda document: document.company),
        Column(str(_("Register")), lambda document: document.type),
        Column(str(_("Document")), lambda document: document.name),
    ]
    if part in ("landed", "theirs"):
        columns.append(Column(str(_("What is done")), lambda document: document.operation_label))
    if part == "landed":
        columns.append(Column(str(_("Number in the copy")), lambda document: document.provisional))
    if part == "conflicts":
        columns.append(Column(str(_("What differs")), lambda document: ", ".join(document.fields)))
    if part == "refused":
        columns.append(Column(str(_("Reason")), lambda document: document.reason))
    return columns


@cache
def _kinds_by_name() -> dict[str, Kind]:
    """The kinds by what reports call their documents."""
    named = {kind.name_of(("",) * len(kind.key)): kind for kind in all_kinds() if not kind.types}
    return {**named, **{known.name: kind for kind in all_kinds() for known in kind.types}}


def label_of(name: str) -> str:
    """What a register is called on screen, by its table or by what reports call it."""
    kind = kinds_by_register().get(name) or _kinds_by_name().get(name)
    if kind is None:
        return name
    return str(registry.get(name).label) if name in registry.names() and not kind.rows else _plural(kind)


def _plural(kind: Kind) -> str:
    return str(capfirst(kind.model._meta.verbose_name_plural))


def _day(text: str) -> str:
    try:
        return date_format(date.fromisoformat(text), "SHORT_DATE_FORMAT")
    except ValueError:
        return text
