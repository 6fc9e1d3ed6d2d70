"""Where files stand between a worker and a browser."""

from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.utils.deconstruct import deconstructible

from notices.folders import PrivateFolder


@deconstructible(path="workcopies.storage.CopyStorage")
class CopyStorage(PrivateFolder):
    """The folder of working copies and of files that are checked in."""

    setting = "UTKORG_WORKING_COPY_FOLDER"


def new_path() -> Path:
    """Where a file that is no model's yet may be made; what a dead process leaves there is removed later."""
    folder = Path(settings.UTKORG_WORKING_COPY_FOLDER)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / uuid4().hex
