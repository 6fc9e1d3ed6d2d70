"""Subscriptions: which integration gets which registers of which companies.

Invariants: an integration id never changes; a selection holds a company or a type once; a changed subscription takes
effect at once (`services` announces every change before it is written, so that the outbox is filled with the old
settings first); what was not queued and needs a one-off transfer stands in `Resync`.
"""
