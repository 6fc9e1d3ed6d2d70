"""Keys over REST: what the caller's may do, and which clients an office's keys are for."""
