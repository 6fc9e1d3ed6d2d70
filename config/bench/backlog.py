"""A backlog of millions of rows that one integration has not fetched, made by SQL as fan-out would have made it."""

from config.bench.books import Writer
from config.bench.databases import execute, scalar
from config.bench.subscribers import Subscribers
from ledger.models import Company
from revisions import fan_out
from revisions.models import OutboxItem
from subscriptions.models import Subscription

MOST_COMPANIES = 20
PAGE_ROWS = 500

# Items, not rows, are what a queue's tables hold: a tenth of the rows are one-row changes and a tenth vouchers of four
# rows, each an item with its change set and page; the rest are bulks of a thousand. In random order, of some companies.
PLAN = """
    create unlogged table bench_set as
    select nextval('revisions_changeset_id_seq') as id, company_id, rows,
        sum(rows) over (order by place) - rows + %(sequence)s + 1 as first_sequence
    from (
        select row_number() over (order by random()) as place, rows,
            (array(select id from ledger_company order by id limit %(companies)s))[1 + n %% %(companies)s] as company_id
        from (
            select n, 1 as rows from generate_series(1, %(total)s / 10) n
            union all select n, 4 from generate_series(1, %(total)s / 40) n
            union all select n, 1000 from generate_series(1, %(total)s * 4 / 5 / 1000) n
        ) wanted
    ) shuffled
"""
SETS = """
    insert into revisions_changeset
        (id, information_type, company_id, operation, row_count, changed_at, transaction, origin_id, fanned_out)
    select id, 12, company_id, 'c', rows, clock_timestamp(), id, null, true from bench_set order by id
"""
# The lines are those of a real statement of a thousand rows: a page of 500, its first line, or its first four.
PAGES = """
    insert into revisions_revisionpage (change_set_id, first_row, row_count, lines)
    select bench_set.id, 1 + page * %(page_rows)s, least(rows, %(page_rows)s),
        case rows when 1 then one.lines when 4 then four.lines else sample.lines end
    from bench_set
    cross join lateral generate_series(0, (rows - 1) / %(page_rows)s) page
    cross join (select lines from revisions_revisionpage where row_count = %(page_rows)s limit 1) sample
    cross join lateral (select split_part(sample.lines, e'\\n', 1) as lines) one
    cross join lateral (
        select string_agg(line, e'\\n' order by place) as lines
        from string_to_table(sample.lines, e'\\n') with ordinality line (line, place) where place <= 4
    ) four
    order by bench_set.id
"""
ITEMS = """
    insert into revisions_outboxitem
        (subscription_id, first_sequence, change_set_id, first_row, last_row, information_type, company_id)
    select %(subscription)s, first_sequence, id, 1, rows, 12, company_id from bench_set order by first_sequence
"""
COUNTERS = """
    insert into revisions_queuedcount as counter (subscription_id, information_type, company_id, rows)
    select %(subscription)s, 12, company_id, sum(rows) from bench_set group by company_id
    on conflict (subscription_id, information_type, company_id) do update set rows = counter.rows + excluded.rows;

    update revisions_queue set last_sequence = last_sequence + (select sum(rows) from bench_set)
    where subscription_id = %(subscription)s;
"""


def make(subscribers: Subscribers, rows: int) -> str:
    """Queue so many rows for the backlog's subscription alone; return what was made, for a person."""
    queue(subscribers, rows)
    execute("vacuum analyze")
    execute("checkpoint")
    items = OutboxItem.objects.filter(subscription_id=subscribers.backlog.pk).count()
    return f"{rows:_} rows in {items:_} items of 1, 4 and 1 000 rows, {_companies()} companies".replace("_", " ")


def queue(subscribers: Subscribers, rows: int) -> None:
    """Queue them, as they are made within any transaction."""
    subscribers.activate(0)
    Writer().statement()
    fan_out.drain()
    for statement in (PLAN, SETS, PAGES, ITEMS, COUNTERS):
        execute(statement, _parameters(subscribers.backlog, rows))
    execute("drop table bench_set")


def _companies() -> int:
    return min(Company.objects.count(), MOST_COMPANIES)


def _parameters(subscription: Subscription, rows: int) -> dict[str, int]:
    last = scalar("select last_sequence from revisions_queue where subscription_id = %s", [subscription.pk])
    return {
        "companies": _companies(),
        "page_rows": PAGE_ROWS,
        "sequence": last,
        "subscription": subscription.pk,
        "total": rows,
    }
