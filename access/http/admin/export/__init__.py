"""Lists as files: what a list shows, with its filters, search and order, as CSV of any length or as an Excel file."""

from access.http.admin.export.mixin import ExportMixin

__all__ = ["ExportMixin"]
