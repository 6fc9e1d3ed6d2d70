"""Landing a working copy: what only it changed is written by the services that everybody uses, in one transaction.

Nothing that changed only on the server is touched, and what both changed differently waits as a conflict. A document
that is refused takes only those along that depend on it. What landed is remembered, so that twice does nothing.
"""
