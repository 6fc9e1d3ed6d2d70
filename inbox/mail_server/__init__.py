"""The mail server: takes messages for our addresses over SMTP, and nothing else.

Invariants: 250 to a message is said when it is stored and noted for every company that it is for, never before; what
the database or the storage can't do now is a 4xx, which the sender tries again; nothing is ever sent on. A database
that doesn't answer holds up who waits for it, not the others: all its work is done in threads.
"""
