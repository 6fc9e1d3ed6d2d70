"""Where files stand until their import is over."""

from django.utils.deconstruct import deconstructible

from notices.folders import PrivateFolder


@deconstructible(path="imports.storage.ImportStorage")
class ImportStorage(PrivateFolder):
    """The folder of imports."""

    setting = "UTKORG_IMPORT_FOLDER"
