"""SIE 4B files: read as a stream of typed records, and imported as a whole or not at all.

`reading` knows the format and nothing of the database; `importing` is the service that stores a file. Whatever is wrong
with a file is a `FileError` with file, line, reason and what to do. Memory does not grow with the file: rows go through
temporary tables, never through lists.

Source: SIE filformat, utgåva 4B (2008-09-30), SIE-gruppen.
"""
