"""The e-mail portal's pages."""

from inbox.admin import portals

__all__ = ["portals"]
