"""The accounts, dimensions and objects of a file, and what the rows use of them, in the company's registers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from django.db import connection
from django.utils.translation import gettext_lazy as _

from ledger.models import Account, Company, DimensionValue, OtherDimension, OtherDimensionValue
from ledger.sie.exceptions import UnknownAccountError
from ledger.sie.records import AccountKind, AccountName, Dimension, ObjectName
from ledger.sie.staging import COST_CENTRE, PROJECT

NamedValue = TypeVar("NamedValue", DimensionValue, OtherDimensionValue)
Names = Mapping[tuple[int, str], str | None]  # by dimension and code; None where only rows use the object

BATCH = 5_000
OURS = {COST_CENTRE: DimensionValue.Dimension.COST_CENTRE, PROJECT: DimensionValue.Dimension.PROJECT}
LETTERS = {
    "T": Account.Type.ASSET,
    "S": Account.Type.LIABILITY,
    "I": Account.Type.INCOME,
    "K": Account.Type.EXPENSE,
}
BAS_CLASSES = {
    "1": Account.Type.ASSET,
    "2": Account.Type.LIABILITY,
    "3": Account.Type.INCOME,
    **dict.fromkeys("4567", Account.Type.EXPENSE),
}
# Source: SIE 4B §8.2 (reserved dimensions)
RESERVED = {
    2: "Kostnadsbärare",
    7: "Anställd",
    8: "Kund",
    9: "Leverantör",
    10: "Faktura",
}

USED_OBJECTS = """
    select 1, cost_centre from sie_row where cost_centre is not null
    union select 6, project from sie_row where project is not null
    union select other.key::int, other.value
    from (select distinct others from sie_row where others is not null) used
    cross join lateral jsonb_each_text(used.others) other
"""


@dataclass
class Chart:
    """What the file declares, as its lines come; the last line on a thing counts."""

    names: dict[str, str] = field(default_factory=dict)
    letters: dict[str, str] = field(default_factory=dict)
    dimensions: dict[int, Dimension] = field(default_factory=dict)
    objects: dict[tuple[int, str], str] = field(default_factory=dict)
    used_accounts: dict[str, int] = field(default_factory=dict)
    account_lines: int = 0
    object_lines: int = 0

    def add(self, record: AccountName | AccountKind | Dimension | ObjectName) -> None:
        """Take a declaration."""
        match record:
            case AccountName():
                self.account_lines += 1
                self.names[record.number] = record.name
            case AccountKind():
                self.letters[record.number] = record.letter
            case Dimension():
                self.dimensions[record.number] = record
            case ObjectName():
                self.object_lines += 1
                if record.code:
                    self.objects[record.dimension, record.code] = record.name

    def use(self, account: str, line: int) -> None:
        """Note that a row is on an account."""
        if account not in self.used_accounts:
            self.used_accounts[account] = line


def store_accounts(*, company: Company, chart: Chart, may_rename: bool) -> None:
    """Create the accounts that are new, and rename those with another name if the file is the books themselves.

    Raises `UnknownAccountError` for a row on an account that neither the file nor the company has.
    """
    known = {account.number: account for account in Account.objects.filter(company=company)}
    unknown = {number: line for number, line in chart.used_accounts.items() if number not in {**known, **chart.names}}
    if unknown:
        number, line = min(unknown.items(), key=lambda item: item[1])
        raise UnknownAccountError(
            _("Account %(account)s is neither declared in the file (#KONTO) nor known in the company.")
            % {"account": number},
            line=line,
            advice=_("Add the account to the company's chart of accounts, or export the file with its chart."),
        )
    new = [_account(company, number, name, chart) for number, name in chart.names.items() if number not in known]
    Account.objects.bulk_create(new, batch_size=BATCH)
    if may_rename:
        changed = [account for number, account in known.items() if _restate(account, chart)]
        Account.objects.bulk_update(changed, ["name", "account_type"], batch_size=BATCH)


def _account(company: Company, number: str, name: str, chart: Chart) -> Account:
    account_type = LETTERS.get(chart.letters.get(number, "")) or BAS_CLASSES.get(number[0])
    return Account(company=company, number=number, name=name, account_type=account_type)


def _restate(account: Account, chart: Chart) -> bool:
    """Set what the file says of an account, and return whether that is anything new."""
    before = (account.name, account.account_type)
    account.name = chart.names.get(account.number) or account.name
    account.account_type = LETTERS.get(chart.letters.get(account.number, "")) or account.account_type
    return (account.name, account.account_type) != before


def store_objects(*, company: Company, chart: Chart, may_rename: bool) -> dict[int, int]:
    """Create dimensions and objects that are new, also those that only rows use; their code stands for a name.

    Returns which SIE dimensions are mapped to which of ours (3 and 4), beyond cost centre and project.
    """
    declared: Names = {**dict.fromkeys(_used_objects()), **chart.objects}
    numbers = {dimension for dimension, _code in declared} | set(chart.dimensions)
    others = _store_dimensions(company, chart, numbers, may_rename=may_rename)
    mapped = {number: other.dimension for number, other in others.items() if other.dimension is not None}
    ours: dict[int, int] = {**OURS, **mapped}
    ours_named = {(ours[number], code): name for (number, code), name in declared.items() if number in ours}
    others_named = {(others[number].pk, code): name for (number, code), name in declared.items() if number not in ours}
    _store_ours(company, ours_named, may_rename=may_rename)
    _store_others(others, others_named, may_rename=may_rename)
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
    )


def _redeclare(other: OtherDimension, declared: Dimension | None) -> bool:
    """Set what the file says of a dimension, and return whether that is anything new."""
    before = (other.name, other.parent_number)
    if declared is not None:
        other.name = declared.name or other.name
        other.parent_number = declared.parent or other.parent_number
    return (other.name, other.parent_number) != before


def _store_ours(company: Company, names: Names, *, may_rename: bool) -> None:
    known = {(value.dimension, value.code): value for value in DimensionValue.objects.filter(company=company)}
    new = [
        DimensionValue(company=company, dimension=dimension, code=code, name=name or code)
        for (dimension, code), name in names.items()
        if (dimension, code) not in known
    ]
    DimensionValue.objects.bulk_create(new, batch_size=BATCH)
    if may_rename:
        DimensionValue.objects.bulk_update(_renamed(known, names), ["name"], batch_size=BATCH)


def _store_others(others: dict[int, OtherDimension], names: Names, *, may_rename: bool) -> None:
    stored = OtherDimensionValue.objects.filter(other_dimension__in=others.values())
    known = {(value.other_dimension_id, value.code): value for value in stored}
    new = [
        OtherDimensionValue(other_dimension_id=dimension, code=code, name=name or code)
        for (dimension, code), name in names.items()
        if (dimension, code) not in known
    ]
    OtherDimensionValue.objects.bulk_create(new, batch_size=BATCH)
    if may_rename:
        OtherDimensionValue.objects.bulk_update(_renamed(known, names), ["name"], batch_size=BATCH)


def _renamed(known: Mapping[tuple[int, str], NamedValue], names: Names) -> list[NamedValue]:
    """Set the names that the file states, and return the values for which that is anything new."""
    renamed = []
    for key, name in names.items():
        value = known.get(key)
        if value is not None and name and value.name != name:
            value.name = name
            renamed.append(value)
    return renamed
