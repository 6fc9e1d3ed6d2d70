"""The subscriptions' pages."""

from subscriptions.admin.subscriptions import SubscriptionAdmin

__all__ = ["SubscriptionAdmin"]
