"""How far an import has come, and whether somebody has asked for its end."""

from imports.models import FileImport
from ledger.importing.running import Progress
from notices import progress
from notices.progress import Cancelled, Reached, Teller

__all__ = ["Cancelled", "Reached", "Watch", "forget", "reached"]


def reached(import_id: int) -> Reached | None:
    """How far it has come; None while nobody knows."""
    return progress.reached(_key(import_id))


def forget(import_id: int) -> None:
    """The import is over."""
    progress.forget(_key(import_id))


class Watch(Teller):
    """Hears of an import's progress."""

    def __init__(self, import_id: int) -> None:
        # Committed by another meanwhile, which READ COMMITTED sees from within the import's transaction.
        asked = FileImport.objects.filter(pk=import_id, cancel_requested=True)
        super().__init__(_key(import_id), is_cancelled=asked.exists)

    def __call__(self, progress: Progress) -> None:
        """Tell, if it is time. Raises `Cancelled`."""
        self.tell(progress.stage, int(progress.share * 100), progress.done)


def _key(import_id: int) -> str:
    return f"import:{import_id}"
