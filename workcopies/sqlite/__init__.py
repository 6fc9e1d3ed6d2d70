"""Django's database over a working copy's file: exact money, every letter's capital, and nothing run that it holds.

- Amounts are text in the file. They are compared, ordered and added up as decimals, never as floating-point numbers.
- Tables of the server's that the file lacks are there, empty and in memory: whatever looks there finds nothing.
- One file, on the disk as soon as a save is answered: no write-ahead log is left beside it.
"""
