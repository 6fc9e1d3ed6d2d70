"""Python looks for garbage among what tests make, not again and again among the million objects of what they are.

Loaded by `-p tests.garbage`, before anything large is imported. With all tests collected, looking through everything
took a quarter of the time.
"""

import gc

# Nothing that is imported or collected is garbage.
gc.disable()

# So many objects more than were freed are made before the youngest are looked through; Python's own 700 are passed by
# each request.
YOUNGEST = 10_000


def pytest_collection_finish() -> None:
    """Look for garbage from here on."""
    gc.set_threshold(YOUNGEST, 10, 10)
    gc.enable()
    set_apart()


def set_apart() -> None:
    """What there is now stays, and isn't looked at any more."""
    gc.collect()
    gc.freeze()
