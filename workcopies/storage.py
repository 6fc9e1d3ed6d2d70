"""Where files stand between a worker and a browser: a folder that only Utkorg reads, shared by all its processes."""

import os
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible


@deconstructible(path="workcopies.storage.CopyStorage")
class CopyStorage(FileSystemStorage):
    """The folder of the setting, whose files their owner alone can read."""

    def __init__(self) -> None:
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700)

    @property
    def base_location(self) -> str:
        """The folder as the setting says it now."""
        return str(settings.UTKORG_WORKING_COPY_FOLDER)

    @property
    def location(self) -> str:
        """The same, from the root."""
        return os.path.abspath(self.base_location)  # noqa: PTH100 (as Django's own)


def new_path() -> Path:
    """Where a file that is no model's yet may be made; what a dead process leaves there is removed later."""
    folder = Path(settings.UTKORG_WORKING_COPY_FOLDER)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / uuid4().hex
