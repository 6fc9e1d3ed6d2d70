"""An accounting office's screens for its clients: the list, what keys may do for many, and for one."""

from access.admin.clients.listing import ClientAccessAdmin

__all__ = ["ClientAccessAdmin"]
