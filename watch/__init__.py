"""What becomes of the queues over time, and what needs a person.

Invariants: the heart is only read, its counters and never its rows, but for the one cut that a policy asks for; a queue
is cut only after a warning that was sent, in one transaction that looks again at the queue under the heart's own locks;
a letter is a row before it is sent, and marked as sent after it was.
"""
