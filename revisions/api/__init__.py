"""The outbox over REST: look, fetch, acknowledge."""
