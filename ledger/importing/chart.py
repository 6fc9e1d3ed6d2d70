"""The accounts, dimensions and objects of a file, and what the rows use of them, in the company's registers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.db import connection

from ledger.importing.exceptions import UnknownAccountError
from ledger.importing.messages import message as _
from ledger.importing.records import Dimension, Labels, ObjectName
from ledger.importing.staging import COST_CENTRE, PROJECT
from ledger.models import Account, Company, DimensionValue, OtherDimension, OtherDimensionValue

Stated = Mapping[tuple[int, str], ObjectName | None]  # by dimension and code; None where only rows use the object

BATCH = 5_000
OURS = {COST_CENTRE: DimensionValue.Dimension.COST_CENTRE, PROJECT: DimensionValue.Dimension.PROJECT}
# Source: SIE 4B §8.2 (reserved dimensions)
RESERVED = {
    2: "Kostnadsbärare",
    7: "Anställd",
    8: "Kund",
    9: "Leverantör",
    10: "Faktura",
}

USED_OBJECTS = """
    select 1, cost_centre from import_row where cost_centre is not null
    union select 6, project from import_row where project is not null
    union select other.key::int, other.value
    from (select distinct others from import_row where others is not null) used
    cross join lateral jsonb_each_text(used.others) other
"""


def no_type(_number: str) -> Account.Type | None:
    """An account whose number says nothing."""
    return None


@dataclass
class Chart:
    """What the file declares, as it comes; the last word on a thing counts.

    `type_of` tells the type of a new account from its number, where the file states none. `analysis_types` names the
    dimensions of a SAF-T file, which have no numbers there.
    """

    type_of: Callable[[str], Account.Type | None] = no_type
    names: dict[str, str] = field(default_factory=dict)
    types: dict[str, Account.Type] = field(default_factory=dict)
    dimensions: dict[int, Dimension] = field(default_factory=dict)
    objects: dict[tuple[int, str], ObjectName] = field(default_factory=dict)
    analysis_types: dict[int, str] = field(default_factory=dict)
    used_accounts: dict[str, int] = field(default_factory=dict)
    account_lines: int = 0
    object_lines: int = 0

    def add_account(self, number: str, name: str) -> None:
        """Take an account's declaration."""
        self.account_lines += 1
        self.names[number] = name

    def add(self, record: Dimension | ObjectName) -> None:
        """Take a declaration."""
        match record:
            case Dimension():
                self.dimensions[record.number] = record
            case ObjectName():
                self.object_lines += 1
                if record.code:
                    self.objects[record.dimension, record.code] = record

    def account_type(self, number: str) -> Account.Type | None:
        """The type of a new account."""
        return self.types.get(number) or self.type_of(number)

    def use(self, account: str, line: int) -> None:
        """Note that a row is on an account."""
        if account not in self.used_accounts:
            self.used_accounts[account] = line


def store_accounts(*, company: Company, chart: Chart, labels: Labels, may_rename: bool) -> int:
    """Create the accounts that are new, and rename those with another name if the file is the books themselves.

    Returns how many are new.

    Raises `UnknownAccountError` for a row on an account that neither the file nor the company has.
    """
    known = {account.number: account for account in Account.objects.filter(company=company)}
    unknown = {number: line for number, line in chart.used_accounts.items() if number not in {**known, **chart.names}}
    if unknown:
        number, line = min(unknown.items(), key=lambda item: item[1])
        raise UnknownAccountError(
            _("Account %(account)s is neither declared in the file (%(label)s) nor known in the company.")
            % {"account": number, "label": labels.account},
            line=line,
            advice=_("Add the account to the company's chart of accounts, or export the file with its chart."),
        )
    new = [
        Account(company=company, number=number, name=name, account_type=chart.account_type(number))
        for number, name in chart.names.items()
        if number not in known
    ]
    Account.objects.bulk_create(new, batch_size=BATCH)
    if may_rename:
        changed = [account for account in known.values() if _restate(account, chart)]
        Account.objects.bulk_update(changed, ["name", "account_type"], batch_size=BATCH)
    return len(new)


def _restate(account: Account, chart: Chart) -> bool:
    """Set what the file says of an account, and return whether that is anything new."""
    before = (account.name, account.account_type)
    account.name = chart.names.get(account.number) or account.name
    account.account_type = chart.types.get(account.number) or account.account_type
    return (account.name, account.account_type) != before


def store_objects(*, company: Company, chart: Chart, may_rename: bool) -> dict[int, int]:
    """Create dimensions and objects that are new, also those that only rows use; their code stands for a name.

    Returns which dimensions of the file are mapped to which of ours (3 and 4), beyond cost centre and project.
    """
    declared: Stated = {**dict.fromkeys(_used_objects()), **chart.objects}
    numbers = {dimension for dimension, _code in declared} | set(chart.dimensions)
    others = _store_dimensions(company, chart, numbers, may_rename=may_rename)
    mapped = {number: other.dimension for number, other in others.items() if other.dimension is not None}
    ours: dict[int, int] = {**OURS, **mapped}
    in_ours = {(ours[number], code): stated for (number, code), stated in declared.items() if number in ours}
    in_others = {(others[number].pk, code): stated for (number, code), stated in declared.items() if number not in ours}
    _store_ours(company, in_ours, may_rename=may_rename)
    _store_others(others, in_others, may_rename=may_rename)
    return mapped


def _used_objects() -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(USED_OBJECTS)
        return [(dimension, code) for dimension, code in cursor.fetchall()]


def _store_dimensions(
    company: Company, chart: Chart, numbers: set[int], *, may_rename: bool
) -> dict[int, OtherDimension]:
    known = {other.number: other for other in OtherDimension.objects.filter(company=company)}
    if may_rename:
        changed = [other for other in known.values() if _redeclare(other, chart.dimensions.get(other.number))]
        OtherDimension.objects.bulk_update(changed, ["name", "parent_number"], batch_size=BATCH)
    new = [_dimension(company, number, chart) for number in sorted(numbers - set(known) - set(OURS))]
    for other in OtherDimension.objects.bulk_create(new, batch_size=BATCH):
        known[other.number] = other
    return known


def _dimension(company: Company, number: int, chart: Chart) -> OtherDimension:
    declared = chart.dimensions.get(number)
    return OtherDimension(
        company=company,
        number=number,
        name=(declared.name if declared else "") or RESERVED.get(number, ""),
        parent_number=declared.parent if declared else None,
        analysis_type=chart.analysis_types.get(number, ""),
    )


def _redeclare(other: OtherDimension, declared: Dimension | None) -> bool:
    """Set what the file says of a dimension, and return whether that is anything new."""
    before = (other.name, other.parent_number)
    if declared is not None:
        other.name = declared.name or other.name
        other.parent_number = declared.parent or other.parent_number
    return (other.name, other.parent_number) != before


def _store_ours(company: Company, stated: Stated, *, may_rename: bool) -> None:
    known = {(value.dimension, value.code): value for value in DimensionValue.objects.filter(company=company)}
    new = {
        (dimension, code): DimensionValue(company=company, dimension=dimension, code=code, name=code)
        for dimension, code in stated
        if (dimension, code) not in known
    }
    for key, value in new.items():
        _state(value, stated[key])
    DimensionValue.objects.bulk_create(new.values(), batch_size=BATCH)
    if may_rename:
        changed = [value for key, value in known.items() if _state(value, stated.get(key))]
        DimensionValue.objects.bulk_update(changed, ["name", *VALIDITY], batch_size=BATCH)


def _store_others(others: dict[int, OtherDimension], stated: Stated, *, may_rename: bool) -> None:
    stored = OtherDimensionValue.objects.filter(other_dimension__in=others.values())
    known = {(value.other_dimension_id, value.code): value for value in stored}
    new = {
        (dimension, code): OtherDimensionValue(other_dimension_id=dimension, code=code, name=code)
        for dimension, code in stated
        if (dimension, code) not in known
    }
    for key, value in new.items():
        _state(value, stated[key])
    OtherDimensionValue.objects.bulk_create(new.values(), batch_size=BATCH)
    if may_rename:
        changed = [value for key, value in known.items() if _state(value, stated.get(key))]
        OtherDimensionValue.objects.bulk_update(changed, ["name"], batch_size=BATCH)


VALIDITY = ("active", "valid_from", "valid_to")


def _state(value: DimensionValue | OtherDimensionValue, stated: ObjectName | None) -> bool:
    """Set what the file says of an object, and return whether that is anything new."""
    if stated is None:
        return False
    found = {"name": stated.name or None}
    if isinstance(value, DimensionValue):
        found |= {name: getattr(stated, name) for name in VALIDITY}
    new = {name: said for name, said in found.items() if said is not None and said != getattr(value, name)}
    for name, said in new.items():
        setattr(value, name, said)
    return bool(new)
