"""Which voucher of the register each voucher of the file is: a known one, a new one, one to be given a number."""

from collections.abc import Mapping, Sequence

from django.db import connection

from ledger.importing.exceptions import DuplicateVoucherError
from ledger.importing.messages import message as _
from ledger.models import Company, FinancialYear
from ledger.services.numbers import next_voucher_numbers

# Our dimensions beyond cost centre and project, and what they are called in the view
MAPPED_ALIASES = {3: "object", 4: "management_area"}

# The staged rows as the register would hold them
ENTRIES = """
    create temp view import_entry as
    select staged.position, staged.ordinal, staged.line, account.id as account_id, staged.amount, staged.quantity,
        staged.text, staged.entry_date, cost_centre.id as cost_centre_id, project.id as project_id,
        {object} as object_id, {management_area} as management_area_id, {others} as other_dimensions,
        staged.signature
    from import_row staged
    join ledger_account account on account.company_id = {company} and account.number = staged.account
    left join ledger_dimensionvalue cost_centre
        on cost_centre.company_id = {company} and cost_centre.dimension = 1 and cost_centre.code = staged.cost_centre
    left join ledger_dimensionvalue project
        on project.company_id = {company} and project.dimension = 2 and project.code = staged.project
    {mapped}
"""
MAPPED = """
    left join ledger_dimensionvalue {alias} on {alias}.company_id = {company} and {alias}.dimension = {ours}
        and {alias}.code = staged.others ->> '{number}'
"""
TARGETS = """
    drop table if exists pg_temp.import_target;
    create temp table import_target on commit drop as
    select position, line, financial_year_id, series, number,
        coalesce(known_id, nextval(pg_get_serial_sequence('ledger_voucher', 'id'))) as voucher_id,
        case when number = '' then 'unnumbered' when known_id is null then 'new' else 'known' end as state,
        '' as fingerprint
    from (
        select staged.position, staged.line, year.id as financial_year_id, staged.series, staged.number,
            known.id as known_id
        from import_voucher staged
        join ledger_financialyear year
            on year.company_id = %(company)s and staged.voucher_date between year.first_day and year.last_day
        left join ledger_voucher known
            on known.financial_year_id = year.id and known.series = staged.series and known.number = staged.number
        order by staged.position
    ) found;
    create index on import_target (position);
    analyze import_target;
"""
DUPLICATE = """
    select line, concat_ws(' ', nullif(series, ''), number)
    from (
        select *, row_number() over (partition by financial_year_id, series, number order by position) as nth
        from import_target where number <> ''
    ) numbered
    where nth > 1 order by line limit 1
"""
# What a row says, in the staged rows and in the register alike
COLUMNS = (
    *("account_id", "amount", "quantity", "text", "entry_date", "cost_centre_id", "project_id", "object_id"),
    *("management_area_id", "other_dimensions", "signature"),
)


def columns_of(alias: str) -> str:
    """The columns of a row, of one table of a statement."""
    return ", ".join(f"{alias}.{column}" for column in COLUMNS)


# What the file says of a voucher without number, in its own words: neither what its dimensions are mapped to nor what
# became of the voucher in the register makes it another one.
FINGERPRINTS = """
    update import_target target set fingerprint = said.fingerprint
    from (
        select voucher.position, md5(
            row(voucher.voucher_date, voucher.text, voucher.registered_on, voucher.signature)::text
            || coalesce(string_agg(row(
                entry.account, entry.amount, entry.quantity, entry.text, entry.entry_date, entry.cost_centre,
                entry.project, entry.others, entry.signature)::text, '' order by entry.ordinal), '')) as fingerprint
        from import_voucher voucher left join import_row entry using (position)
        where voucher.number = ''
        group by voucher.position, voucher.voucher_date, voucher.text, voucher.registered_on, voucher.signature
    ) said
    where said.position = target.position
"""
# Two that are alike are two vouchers.
RECOGNISE = """
    with in_file as (
        select *, row_number() over (partition by financial_year_id, series, fingerprint order by position) as nth
        from import_target where state = 'unnumbered'
    ),
    in_register as (
        select id, financial_year_id, series, fingerprint,
            row_number() over (partition by financial_year_id, series, fingerprint order by id) as nth
        from ledger_voucher
        where fingerprint <> '' and financial_year_id in (select financial_year_id from in_file)
    )
    update import_target target set voucher_id = known.id, state = 'recognised'
    from in_file join in_register known using (financial_year_id, series, fingerprint, nth)
    where target.position = in_file.position
"""
UNNUMBERED = """
    select financial_year_id, series, array_agg(position order by position)
    from import_target where state = 'unnumbered' group by 1, 2 order by 1, 2
"""
GIVE_NUMBERS = """
    update import_target target set number = given.number
    from unnest(%s::int[], %s::text[]) as given (position, number)
    where target.position = given.position
"""


def find_targets(*, company: Company, mapped: Mapping[int, int]) -> None:
    """Tell new vouchers from known ones, into the temporary table `import_target`.

    `mapped` gives the SIE dimensions that are ours (3 and 4). Raises `DuplicateVoucherError`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_entries(company, mapped))
        cursor.execute(TARGETS, {"company": company.pk})
        cursor.execute(DUPLICATE)
        for line, voucher in cursor.fetchall():
            raise DuplicateVoucherError(
                _("Voucher %(voucher)s stands in the file twice.") % {"voucher": voucher},
                line=line,
                advice=_("Give one of them another number in the bookkeeping program and export the file again."),
            )
        cursor.execute(FINGERPRINTS)
        cursor.execute(RECOGNISE)


def give_numbers() -> int:
    """Give the vouchers that have no number the next ones of their series; return how many there are."""
    with connection.cursor() as cursor:
        cursor.execute(UNNUMBERED)
        series_of_years: Sequence[tuple[int, str, list[int]]] = cursor.fetchall()
        for year, series, positions in series_of_years:
            numbers = next_voucher_numbers(
                financial_year=FinancialYear.objects.get(pk=year), series=series, count=len(positions)
            )
            cursor.execute(GIVE_NUMBERS, [positions, numbers])
    return sum(len(positions) for _year, _series, positions in series_of_years)


def _entries(company: Company, mapped: Mapping[int, int]) -> str:
    numbers = {ours: number for number, ours in mapped.items()}
    joins = "".join(
        MAPPED.format(alias=alias, company=company.pk, ours=ours, number=numbers[ours])
        for ours, alias in MAPPED_ALIASES.items()
        if ours in numbers
    )
    columns = {alias: f"{alias}.id" if ours in numbers else "null::bigint" for ours, alias in MAPPED_ALIASES.items()}
    kept = "".join(f" - '{number}'" for number in numbers.values())
    others = f"nullif(staged.others{kept}, '{{}}')" if kept else "staged.others"
    return ENTRIES.format(company=company.pk, mapped=joins, others=others, **columns)
