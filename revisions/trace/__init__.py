"""The trace: where did this row go? Each of its revisions, and for each integration what became of it.

Read from what the heart logs (numberings, batches, removals, selections) for as long as change sets are kept. What was
queued before `traced_since` is found only where it still waits.
"""

from revisions.trace.results import Delivery, Fetch, Found, Outcome, Revision, Sought, WhyNot
from revisions.trace.services import by_revision, by_sequence, revision_of, search, sought_from_row

__all__ = (
    "Delivery",
    "Fetch",
    "Found",
    "Outcome",
    "Revision",
    "Sought",
    "WhyNot",
    "by_revision",
    "by_sequence",
    "revision_of",
    "search",
    "sought_from_row",
)
