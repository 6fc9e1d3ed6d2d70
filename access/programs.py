"""Programs at work: what a command writes is told as its doing."""

from contextlib import AbstractContextManager

from history.actors import Actor, acting


def acting_as(command: str) -> AbstractContextManager[None]:
    """Let what is written meanwhile be a command's, by its name."""
    return acting(Actor(via=command))
