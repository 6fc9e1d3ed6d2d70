"""One-off transfers: a subscription's outbox filled with rows as they stand, at start-up or when something is missing.

Invariants: each chunk fans out and reads in one snapshot, so a transferred row stands after every change that it shows
and before every change that it doesn't; a transfer goes on from its last committed chunk, whatever died; one runs per
subscription at a time; registers are always read from the primary database.
"""
