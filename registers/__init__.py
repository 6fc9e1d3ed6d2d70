"""The registers over REST, read and written by views that are built from the registry of information types.

Invariants: what is read is a row's `data`, byte for byte what subscribers are sent; a page goes on where the one before
it ended, whatever is written meanwhile; no row of a company is read for another's request. The tables are the apps'
below.
"""
