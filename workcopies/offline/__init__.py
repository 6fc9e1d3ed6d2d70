"""Working in a copy on a machine with nothing but this project: the registers' own pages over the copy's file.

Whoever checked the copy out is who works in it, with the rights that they had; nothing here reaches a server, and the
file decides nothing at check-in: there all is checked again.
"""
