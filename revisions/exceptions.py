"""What fetching, acknowledging and reporting refuse, with the codes of CONTRACT §2."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _


class RevisionsError(Exception):
    """The outbox refuses; `code` is stable."""

    code = "invalid"


class InvalidReceipt(RevisionsError):
    """The receipt was not made here, or not for this integration."""

    code = "invalid_receipt"

    def __init__(self) -> None:
        super().__init__("This receipt was not issued for this integration. Fetch again and use the new one.")


class EpochChanged(RevisionsError):
    """The queue was cut, or the database restored, since the batch was fetched."""

    code = "epoch_changed"

    def __init__(self) -> None:
        super().__init__(
            "The queue was cut or restored since this batch was fetched. Nothing was deleted. Fetch again, and see "
            "`resync` in `pending` for what needs a one-off transfer."
        )


class OutOfStep(RevisionsError):
    """The queue doesn't go on after the sequence that the consumer holds."""

    code = "out_of_step"

    def __init__(self, *, expected: int) -> None:
        super().__init__(f"The queue goes on after sequence {expected}; rows between were acknowledged or cut.")
        self.expected = expected
        self.members = {"expected": expected}


class UnknownRow(RevisionsError):
    """The integration was queued no such row, the trace has it no more, or the key may not read its company."""

    code = "unknown_row"

    def __init__(self, *, field: str) -> None:
        super().__init__(
            _(
                "This integration was queued no such row that the key may read, or it was so long ago that it is no "
                "longer kept."
            )
        )
        self.field = field


class TooManyReports(RevisionsError):
    """So many reports wait for an answer that more would help nobody."""

    code = "too_many_reports"

    def __init__(self, *, limit: int) -> None:
        super().__init__(
            _(
                "%(limit)s reports of this integration are waiting for an answer. Have them answered before you "
                "report more."
            )
            % {"limit": limit}
        )


class CannotReconcile(RevisionsError):
    """The figures can't be had as asked; `field` names what is wrong."""

    def __init__(self, message: str | Promise, *, code: str, field: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field

    def __str__(self) -> str:
        return str(self.args[0])
