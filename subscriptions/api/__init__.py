"""Subscriptions over REST: the same rules as the form, by the same service."""
