"""What an information type is, and their registry.

An information type is a register as integrations see it: one model, each of its rows as one JSON object (`data`), a
natural key that never changes. It is registered once, beside its model; capture triggers, transfer SQL, OpenAPI schema
and choices on screen are all built from that one definition. This app has no tables and names no type.
"""
