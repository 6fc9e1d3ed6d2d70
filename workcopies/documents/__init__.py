"""Documents: what is compared and merged. A voucher with its rows, an invoice, a row of master data.

A document says the same on both sides: its values as the contract's `data` has them, references by the natural key of
what they refer to, never by an id. What a file holds of them (`mine`), what the server has now (`theirs`), and the
three-way merge, which knows neither (`merging`).
"""
