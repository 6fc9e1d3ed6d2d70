"""Mailboxes that already were there, whose messages are taken in by IMAP.

Invariants: a message is stored and the position in its mailbox moved in one transaction, so that none is taken twice or
left out; only then is it marked or moved over there. Nothing is deleted. A password is in no log, error or page.
"""
