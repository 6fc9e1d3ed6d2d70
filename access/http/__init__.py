"""The plumbing that every REST edge shares: who asks, how often, what is refused and how.

For edges (`api/`, URLs) only; no core knows about requests.
"""
