"""The registers: companies, financial years, charts of accounts, dimensions, vouchers, partners, invoices, payments.

Invariants, each held by the database itself: a voucher sums to zero at commit; nothing changes in a locked period; a
voucher's date lies in its financial year; series and number are unique in a year; a row's account and dimensions are
its company's; a natural key never changes; a row's number is given once. One service posts vouchers
(`ledger.services.vouchers`); the SIE import does the same by bulk.
"""
