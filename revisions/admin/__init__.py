"""Pages on queues and what went through them."""
