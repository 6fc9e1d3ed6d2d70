"""What the journal announces."""

from django.dispatch import Signal

journal_failed = Signal()  # sent with `reason`: a write is done, and not written down
