"""A disk without room, as the kernel tells whoever writes: real, and without being root."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_room(*, most: int = 0) -> Iterator[None]:
    """No file of this process grows beyond so many bytes meanwhile."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
