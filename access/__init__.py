"""Who may do what: applications, API keys, and the one function for effective rights.

- The text of a key is shown once and stored nowhere; the database holds an HMAC of it.
- A key never may more than its owner may at this moment.
- A key sees the integrations of its own application only.
- Revoking takes effect with the next request: nothing about a key is cached.
- ``access.http`` is for edges (views, URLs); no core imports it.
"""
