"""Messages to people: told by any app to whoever started something, even when they are away.

Invariants: a message holds a kind and its parameters, never finished text, so that everybody reads it in their own
language; it is its user's alone; unread ones stay.
"""
