"""Taking back what was granted or withdrawn last: each client gets the template back that it had, or none.

What was done is kept as plain numbers, so that it may wait in a session. What somebody has changed since stays.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from access.grants import grant_clients, withdraw_clients
from access.models import AccessTemplate, ApiKey, ClientGrant
from ledger.models import Company

Step = tuple[int, int | None, int | None]  # company, the template before, the template after


@dataclass(frozen=True)
class Done:
    """What was done to one key."""

    key: int
    steps: tuple[Step, ...]

    def as_json(self) -> list[object]:
        """Numbers in lists."""
        return [self.key, [list(step) for step in self.steps]]

    @classmethod
    def from_json(cls, given: Sequence[object]) -> "Done":
        """What `as_json` made."""
        key, steps = given
        return cls(int(str(key)), tuple((company, before, after) for company, before, after in steps))  # type: ignore[attr-defined]


def done(key: ApiKey, *, before: dict[int, int], companies: Iterable[Company], after: int | None) -> Done:
    """Describe what was done: the templates that the companies had, and the one that all have now."""
    steps = ((company.pk, before.get(company.pk), after) for company in companies)
    return Done(key.pk, tuple(step for step in steps if step[1] != step[2]))


@transaction.atomic
def undo(*, what: Iterable[Done], by: User) -> int:
    """Put back what was before; return for how many clients. What is no more as it was left is left alone.

    Raises GrantsRefused and KeyTakesNoClients; then nothing is put back.
    """
    return sum(_undo(one, by) for one in what)


def _undo(what: Done, by: User) -> int:
    key = ApiKey.objects.filter(pk=what.key).first()
    if key is None:
        return 0
    present = dict(ClientGrant.objects.filter(key=key).values_list("company_id", "template_id"))
    standing = [step for step in what.steps if present.get(step[0]) == step[2]]
    companies = Company.objects.in_bulk([company for company, _before, _after in standing])
    templates = AccessTemplate.objects.in_bulk([before for _company, before, _after in standing if before is not None])
    by_template: defaultdict[int | None, list[Company]] = defaultdict(list)
    for company, before, _after in standing:
        if company in companies and (before is None or before in templates):
            by_template[before].append(companies[company])
    for before, chosen in by_template.items():
        if before is None:
            withdraw_clients(key=key, companies=chosen, by=by)
        else:
            grant_clients(key=key, companies=chosen, template=templates[before], by=by)
    return sum(len(chosen) for chosen in by_template.values())
