"""Pages on queues and what went through them."""

from revisions.admin.feedback import FeedbackAdmin

__all__ = ["FeedbackAdmin"]
