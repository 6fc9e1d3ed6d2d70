"""The registers of a run, made by SQL, and the rows that are written while it measures."""

from config.bench.databases import execute, scalar
from config.bench.sizes import Sizes

ROWS_PER_VOUCHER = 4
STATEMENT_ROWS = 1_000

REGISTERS = """
    insert into ledger_company (number, name, organisation_number, currency, time_zone, active)
    select 'B' || n, 'Bolag ' || n, '', 'SEK', 'Europe/Stockholm', true from generate_series(1, %(companies)s) n;

    insert into ledger_financialyear (company_id, first_day, last_day)
    select id, '2024-01-01', '2024-12-31' from ledger_company order by id;

    insert into ledger_account (company_id, number, name, active)
    select id, (1000 + n * 10)::text, 'Konto ' || n, true
    from ledger_company, generate_series(1, 200) n order by id, n;

    insert into ledger_dimensionvalue (company_id, dimension, code, name, active)
    select id, dimension, n::text, 'Värde ' || n, true
    from ledger_company, generate_series(1, 4) dimension, generate_series(1, 20) n order by id, dimension, n;

    insert into ledger_voucher
        (company_id, financial_year_id, series, number, voucher_date, text, signature, last_row)
    select company_id, id, 'A', n::text, date '2024-01-01' + n %% 366, 'Verifikation nr ' || n, 'AB', 4
    from ledger_financialyear, generate_series(1, %(vouchers)s) n order by id, n;
"""

# What the measured statements insert, in the order of the vouchers; a later run through it gives later row numbers.
PREPARED = """
    create unlogged table bench_row as
    select row_number() over (order by voucher.id, n) as place, voucher.id as voucher_id, n as row,
        account.id as account_id, (case when n %% 2 = 0 then -1 else 1 end * (100 + voucher.id %% 900))::numeric(18, 2)
            as amount,
        'Rad ' || n || ' i verifikationen' as text, voucher.voucher_date as entry_date,
        cost_centre.id as cost_centre_id, project.id as project_id, object.id as object_id,
        management_area.id as management_area_id
    from ledger_voucher voucher
    cross join generate_series(1, %(rows)s) n
    join ledger_account account on account.company_id = voucher.company_id
        and account.number = (1010 + (voucher.id + n * 7) %% 200 * 10)::text
    left join ledger_dimensionvalue cost_centre on cost_centre.company_id = voucher.company_id
        and cost_centre.dimension = 1 and cost_centre.code = (1 + (voucher.id + n) %% 20)::text
    left join ledger_dimensionvalue project on project.company_id = voucher.company_id
        and project.dimension = 2 and project.code = (1 + (voucher.id + n) %% 20)::text and n %% 2 = 0
    left join ledger_dimensionvalue object on object.company_id = voucher.company_id
        and object.dimension = 3 and object.code = (1 + (voucher.id + n) %% 20)::text and n = 1
    left join ledger_dimensionvalue management_area on management_area.company_id = voucher.company_id
        and management_area.dimension = 4 and management_area.code = (1 + (voucher.id + n) %% 20)::text and n = 3;

    create index on bench_row (place);
    alter table bench_row alter place set not null;
"""

INSERT = """
    insert into ledger_ledgerentry
        (voucher_id, row, account_id, amount, quantity, text, entry_date, cost_centre_id, project_id, object_id,
         management_area_id, signature)
    select voucher_id, row + %(later)s, account_id, amount, null, text, entry_date, cost_centre_id, project_id,
        object_id, management_area_id, ''
    from bench_row where place > %(after)s and place <= %(after)s + %(rows)s
"""

# A single row keeps its voucher in balance only with an amount of zero.
INSERT_ONE = INSERT.replace("account_id, amount, null, text", "account_id, 0, null, text")


LAST_ROW = "select coalesce(max(row), 0) from ledger_ledgerentry where row > %s and row <= %s"
SINGLE_ROWS = 1_000_000


def make(sizes: Sizes) -> None:
    """Make the registers and prepare the rows, and let the planner see them."""
    fill(companies=sizes.companies, vouchers=sizes.vouchers)
    execute("vacuum analyze")


def fill(*, companies: int, vouchers: int) -> None:
    """Make companies with so many vouchers each, and the rows that are to be written into them."""
    execute(REGISTERS, {"companies": companies, "vouchers": vouchers})
    execute(PREPARED, {"rows": ROWS_PER_VOUCHER})


class Writer:
    """Writes the prepared rows, statement by statement, each committed by itself; begins again when all are written."""

    def __init__(self) -> None:
        self._count: int = scalar("select count(*) from bench_row")
        self._place = 0
        # Beyond what earlier writers wrote: rows of vouchers count from one, single rows from a million.
        self._later: int = scalar(LAST_ROW, [0, SINGLE_ROWS])
        self._single_row: int = max(scalar(LAST_ROW, [SINGLE_ROWS, 2**31 - 1]), SINGLE_ROWS)

    def statement(self, rows: int = STATEMENT_ROWS) -> None:
        """Insert the next rows: whole vouchers, of one company or two."""
        rows = min(rows, self._count)
        if self._place + rows > self._count:
            self._place, self._later = 0, self._later + ROWS_PER_VOUCHER
        execute(INSERT, {"later": self._later, "after": self._place, "rows": rows})
        self._place += rows

    def one_row(self) -> None:
        """Insert one row into a voucher that is there."""
        self._single_row += 1
        execute(INSERT_ONE, {"later": self._single_row, "after": self._single_row * 37 % self._count, "rows": 1})
