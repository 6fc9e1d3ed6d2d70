"""The time API among many hours: its JSON beside DRF's, and what counting a month of one client reads."""

import json
import time
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db import connection
from rest_framework import serializers
from rest_framework.renderers import JSONRenderer

from access.tokens import give_to_user
from config.bench.databases import execute, scalar
from config.bench.figures import Figure, interleaved
from config.bench.http import Client
from config.bench.sizes import Sizes
from timesheets.models import LEVELS, TimeTransaction
from timesheets.time_api import COUNTED, Wish, statement

ROWS_OF_A_CLIENT = 50_000
"""A year's: about 4 200 a month."""
FIRST, LAST = date(2024, 3, 1), date(2024, 3, 31)
CATEGORIES = 8

# As the triggers would fill them, which a million rows of somebody else's needn't wait for.
MAKE = f"""
    set session_replication_role = replica;
    insert into timesheets_timecategory (company_id, number, name, category_type, payable, active)
    select id, n, 'Timelønn ' || n, (array['O', 'T', 'P', 'S'])[1 + n %% 4], n %% 3 > 0, true
    from (select id from ledger_company order by id limit %(clients)s) company, generate_series(1, {CATEGORIES}) n;
    insert into timesheets_timetransaction (
        company_id, time_category_id, uid, employee_id, employee, date_in, time_in, date_out, time_out, quantity,
        department_id, department, task_id, task, classic_duty_code, classic_duty, "order", project_id,
        project_alphanumeric_code, project, sub_project_id, sub_project_alphanumeric_code, sub_project,
        phase_alphanumeric_code, project_phase, shift, free_dimension1, free_dimension2, free_text, external_id,
        approved_level_one, approved_level_one_by, approved_level_one_on,
        {", ".join(f"approved_level_{level}_by" for level in LEVELS[1:])},
        external_status_code, correlation_id, time_category_name, time_category_type, time_category_payable,
        record_state_key, last_updated_on
    )
    select category.company_id, category.id, n, n %% 200, 'Ola Danielsen', date '2024-01-01' + n %% 366, '08:00',
        date '2024-01-01' + n %% 366, '16:00', 7.50, n %% 10, 'Logistikk', n %% 20, 'Varemottak', '', '', '', n %% 50,
        'B400', 'Bergtoppen', n %% 30, 'T8877', 'Tilleggsbestilling øst', '', '', '', 'Ordinær', 'Bas', '', '',
        1, 'trineg', timestamptz '2024-12-31', '', '', '', case when n %% 5 = 0 then 'exported' else '' end, '',
        category.name, category.category_type, category.payable, n || '_' || category.number || '_7.50',
        timestamptz '2024-12-31'
    from generate_series(1, %(rows)s) n
    join timesheets_timecategory category on category.number = 1 + n %% {CATEGORIES};
    set session_replication_role = origin;
"""


class HoursSerializer(serializers.ModelSerializer[TimeTransaction]):
    """A row with as many fields as DRF would make it."""

    category_number = serializers.IntegerField(source="time_category.number")
    company_number = serializers.CharField(source="company.number")

    class Meta:
        model = TimeTransaction
        exclude = ("id", "company", "time_category", "external_status_set_on")


def measure(sizes: Sizes, port: int) -> Iterator[Figure]:
    """Records a second over HTTP, and blocks read to count."""
    company = _make(sizes)
    wish = Wish(
        client=company,
        first=FIRST,
        last=LAST,
        levels=(1,),
        ids={"department_id": list(range(5))},
        codes={"time_category_type": ["O", "P"]},
    )
    token = give_to_user(user=User.objects.filter(is_superuser=True).order_by("pk")[0], address=None)
    client = Client(port, token.text)
    asked = urlencode({"clientId": company, "fromDate": FIRST, "toDate": LAST})

    def fetch() -> float:
        start = time.perf_counter()
        body = client.get(f"/api/public/v1/Time/getTimeTransactions?{asked}")
        seconds = time.perf_counter() - start
        return len(json.loads(body)) / seconds

    def serialize() -> float:
        rows = TimeTransaction.objects.filter(company__number=company, date_in__range=(FIRST, LAST))
        start = time.perf_counter()
        found = rows.select_related("company", "time_category").order_by("pk")
        body = JSONRenderer().render(HoursSerializer(found, many=True).data)
        seconds = time.perf_counter() - start
        return len(json.loads(body)) / seconds

    serialized, fetched = interleaved(sizes.rounds, baseline=serialize, figure=fetch)
    yield Figure(
        name="time_api_json",
        value=fetched,
        unit="records/s",
        baseline="the same rows through a ModelSerializer, in this process and without HTTP",
        baseline_value=serialized,
        goal=5,
    )
    yield Figure(
        name="time_api_count",
        value=_blocks(*statement(COUNTED, wish, companies=None)),
        unit="blocks",
        baseline=f"the share of the index that is this client's month, among {sizes.time_rows:_} rows".replace(
            "_", " "
        ),
        baseline_value=_share(company),
        goal=2,
        at_most=True,
    )


def _make(sizes: Sizes) -> str:
    clients = max(1, sizes.time_rows // ROWS_OF_A_CLIENT)
    execute(MAKE, {"clients": clients, "rows": sizes.time_rows // clients})
    execute("vacuum analyze timesheets_timetransaction")
    return str(scalar("select number from ledger_company order by id limit 1"))


def _blocks(sql: str, named: dict[str, Any]) -> float:
    with connection.cursor() as cursor:
        cursor.execute(f"explain (analyze, buffers, format json) {sql}", named)
        (plan,) = cursor.fetchone()[0]
    return float(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])


def _share(company: str) -> float:
    month = scalar(
        """select count(*) from timesheets_timetransaction
           where company_id = (select id from ledger_company where number = %s) and date_in between %s and %s""",
        [company, FIRST, LAST],
    )
    pages = scalar("select pg_relation_size('time_by_day') / current_setting('block_size')::int")
    rows = scalar("select count(*) from timesheets_timetransaction")
    return max(1.0, float(pages) * float(month) / float(rows))
