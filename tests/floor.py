"""The fan-out's floor, which follows when every transaction of the server that is older has ended."""

import time

from revisions import fan_out
from revisions.models import ChangeSet, FanOutState


def drain_up_to_the_floor(*, seconds: float = 60) -> None:
    """Fan out until the floor has passed every set; tests beside this one hold it back while they write."""
    newest = ChangeSet.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    end = time.monotonic() + seconds
    fan_out.drain()
    while FanOutState.objects.get().floor < newest:
        assert time.monotonic() < end, "the floor did not follow"
        time.sleep(0.02)
        fan_out.drain()
