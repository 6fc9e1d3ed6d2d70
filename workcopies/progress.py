"""How far the making of a working copy has come: its snapshot writes nothing, so nobody asks it to end."""

from notices import progress


def percent(copy_id: int) -> int | None:
    """How much of it is done, 0 to 100; None while nobody knows."""
    found = progress.reached(_key(copy_id))
    return found.percent if found else None


def tell(copy_id: int, done: int, total: int) -> None:
    """Say how much of it is done."""
    progress.note(_key(copy_id), "making", 100 * done // max(total, 1), done)


def forget(copy_id: int) -> None:
    """It is over."""
    progress.forget(_key(copy_id))


def _key(copy_id: int) -> str:
    return f"working-copy-made:{copy_id}"
