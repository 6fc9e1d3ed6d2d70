"""What all file formats share: from a file's records to the registers, as a whole or not at all.

A format's reader (`ledger.sie`, `ledger.saft`) knows nothing of the database and gives typed records. Here they go
through temporary tables, never through lists, so that memory doesn't grow with the file, and are compared with what is
there: what doesn't differ isn't written. Whatever is wrong is a `FileError` with file, line, reason and what to do.
"""
