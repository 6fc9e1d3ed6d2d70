"""Hours worked: time categories, time transactions with four levels of approval, and the time API.

Invariants, each held by the database itself: a transaction's category is of its company; what it shows of the category
is what the category says now; `record_state_key` is of its uid, category and quantity; `last_updated_on` moves with
every change but approvals and external status codes; a level is approved by somebody, at a time, or not at all.
"""
