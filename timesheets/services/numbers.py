"""The running numbers of registrations, and the lock that those hold who register in a company."""

from django.db.models import Max

from ledger.models import Company, NumberSeries
from timesheets.models import TimeTransaction

REGISTER = "time_transactions"


def lock_registrations(company: Company) -> NumberSeries:
    """Wait for whoever else registers in the company: so one external id can't become two rows."""
    NumberSeries.objects.get_or_create(company=company, register=REGISTER)
    return NumberSeries.objects.select_for_update(no_key=True).get(company=company, register=REGISTER)


def next_uids(series: NumberSeries, count: int) -> range:
    """The next numbers, past those that were written by others than the services as well."""
    last = series.last_number
    every = TimeTransaction.objects.filter(company=series.company_id)
    if count and (last == 0 or every.filter(uid__gt=last, uid__lte=last + count).exists()):
        last = max(last, every.aggregate(highest=Max("uid"))["highest"] or 0)
    return range(last + 1, last + count + 1)


def keep_highest(series: NumberSeries, highest: int) -> None:
    """Go on after a number that was given, by us or by the caller."""
    if highest > series.last_number:
        series.last_number = highest
        series.save(update_fields=["last_number"])
