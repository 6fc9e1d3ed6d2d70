"""Taking in again what a database restored from a backup lacks: writes over REST, by the journal, and messages, by
their envelopes.

Each in a transaction of its own, which also notes what became of it: whatever dies in between, nothing is taken in
twice, and the report is whole. Writes are the same requests again, in their order, as the same keys with the rights
that these have now.
"""
