"""What this app announces; the apps above it receive."""

from django.dispatch import Signal

# Sent inside the transaction, before the clients of any office are read for writing or written: whoever goes by them
# brings what was done so far to an end by the clients that an office has now.
clients_changing = Signal()
# Sent inside the same transaction when the clients of an `office` are written: `added` and `removed` companies (ids).
clients_changed = Signal()

# Sent when somebody was refused who sent a text that a `key` had before, with when it was `replaced_at`, until when it
# was let through (`works_until`), and from which `address`. Whoever keeps sending it is announced each time.
replaced_key_used = Signal()
