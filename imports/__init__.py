"""Files that people put in by the admin: received, looked at, confirmed, imported by a worker, and told of.

A file is kept in a folder, never in the database, and removed when its import is over. An import is one transaction of
the ledger's service, so a worker that dies leaves nothing behind: it is taken up again from the start.
"""
