"""The journal of what was written over REST, outside the database: what a database restored from a backup lacks.

- A write is written down before its transaction commits, and its outcome after; its uid is in the database, put there
  by the same transaction. So a write that was done and whose uid the database lacks is lost, and no other.
- Files of lines, one for each day and host; each line by itself is whole or known not to be. What a crash leaves of one
  spoils no other, and many processes append to the same file.
- No text of a key and no token stands in it: only the key's public id.
"""
