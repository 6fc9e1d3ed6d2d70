"""Working copies: registers taken out into a file, worked on offline, and merged back document by document.

Invariants: a database never comes back, only what was changed in the copy since its signed base; what only one side
changed is never lost, and what both changed waits as a conflict while the rest lands; all that can land lands in one
transaction, by the services that everybody uses; the same file a second time does nothing. A file is data: reading one
runs nothing of it.
"""
