"""One-off transfers over REST: the same service as the admin's form."""
