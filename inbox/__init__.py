"""The e-mail portal: suppliers send invoices to a company's address, and they become rows of its register.

Invariants: a message is stored, byte for byte and outside the database, before its sender is told that it was taken;
nothing is booked twice, whatever dies in between; what is read from a message is read in a process of its own with
limits, and nothing of it is ever run or shown as HTML; what a person has to decide, no program decides: a new supplier,
another bank account, what is true of a picture.
"""
