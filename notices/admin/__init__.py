"""The messages' pages, and the bell."""

from notices.admin.notices import NoticeAdmin

__all__ = ["NoticeAdmin"]
