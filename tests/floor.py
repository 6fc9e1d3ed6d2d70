"""The fan-out's floor, which follows when every older transaction of the server has ended."""

from revisions import fan_out
from revisions.models import ChangeSet, FanOutState
from tests.connections import wait_until


def drain_up_to_the_floor() -> None:
    """Fan out until the floor has passed every set."""
    newest = ChangeSet.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    def has_passed() -> bool:
        fan_out.drain()
        return FanOutState.objects.get().floor >= newest

    wait_until(has_passed)
