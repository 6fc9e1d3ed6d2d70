"""The imports' pages: the one that takes files, the one that follows a file to its report, and the history."""

from imports.admin.imports import FileImportAdmin

__all__ = ["FileImportAdmin"]
