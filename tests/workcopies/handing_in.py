"""Files handed in at the admin's page, and workers that go on with them."""

from pathlib import Path

from django.contrib.auth.models import User
from django.core.files.base import ContentFile

from workcopies import check_in_worker, receiving
from workcopies.models import CheckIn


def hand_in(content: bytes | Path, *, by: User, name: str = "books.utkorg") -> CheckIn:
    """A file that has arrived."""
    data = content.read_bytes() if isinstance(content, Path) else content
    return receiving.receive(upload=ContentFile(data, name=name), name=name, by=by)


def work(check_in: CheckIn) -> CheckIn:
    """Let a worker go on with it."""
    check_in_worker.run(check_in_id=check_in.pk)
    return CheckIn.objects.get(pk=check_in.pk)


def landed(check_in: CheckIn, *, allow_deletions: bool = False) -> CheckIn:
    """Let it be looked at, confirm it, and let it land."""
    return work(receiving.confirm(check_in=work(check_in), allow_deletions=allow_deletions))
