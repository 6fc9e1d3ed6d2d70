"""The history of the configuration: who changed what, from which value to which, and who took which list home.

- Triggers write it, so that bulk writes, many-to-many tables, commands and raw SQL are in it too.
- One entry for each object and transaction: one save is one entry, whatever services wrote beneath it.
- Who: a setting of the transaction (`history.actors`), so that PgBouncer may pool transactions.
- Nothing is kept of what is secret, and nothing is written on the ways of the data: a key's last use isn't in it.
"""
