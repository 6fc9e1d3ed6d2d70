"""An invoice as people read one: our own template over what was read, never the sender's HTML or style sheets.

Everything is escaped, addresses stand as text, nothing is fetched. What the checks found stands at its field.
"""

from inbox.rendering.page import rendered

__all__ = ["rendered"]
