"""What this app announces; the apps above it receive."""

from django.dispatch import Signal

# Sent inside the transaction, before anything of a subscription is read for writing or written.
subscription_changing = Signal()
# Sent inside the same transaction when all of a `subscription` is written.
subscription_changed = Signal()
