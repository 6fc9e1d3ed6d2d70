"""What every page tells of the working copy."""

from typing import Any

from django.http import HttpRequest

from ledger.models import Company
from workcopies.offline import current

MOST_NAMED = 3


def working_copy(_request: HttpRequest) -> dict[str, Any]:
    """The banner: which copy, of when, by whom, of which companies."""
    copy = current.copy()
    companies = list(Company.objects.order_by("number")[: MOST_NAMED + 1])
    return {
        "working_copy": {
            "made_at": copy.manifest.made_at,
            "user": copy.holder,
            "file": copy.path.name,
            "companies": companies[:MOST_NAMED],
            "more": max(len(copy.manifest.companies) - MOST_NAMED, 0),
            "is_read_only": copy.is_read_only,
        },
    }
