"""The heart: every change of a captured row is copied once, queued for each integration, fetched, acknowledged, gone.

Invariants (DESIGN's laws, each with a test): a change and its copy commit or vanish together; the last revision of a
row always is its committed state; `sequence` is dense per subscription and visible in order; two revisions of one
object never swap; a receipt deletes exactly the rows of its batch. Locks are taken in one order: the fan-out's advisory
lock, then subscriptions' queues by id; receipts lock only their own counters.
"""
