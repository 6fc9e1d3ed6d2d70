"""Where files stand while somebody waits for them: a folder that only Utkorg reads, shared by all its processes."""

import os
from typing import ClassVar

from django.conf import settings
from django.core.files.storage import FileSystemStorage


class PrivateFolder(FileSystemStorage):
    """The folder that a setting names, whose files their owner alone can read."""

    setting: ClassVar[str]

    def __init__(self) -> None:
        super().__init__(file_permissions_mode=0o600, directory_permissions_mode=0o700)

    @property
    def base_location(self) -> str:
        """The folder as the setting says it now."""
        return str(getattr(settings, self.setting))

    @property
    def location(self) -> str:
        """The same, from the root."""
        return os.path.abspath(self.base_location)  # noqa: PTH100 (as Django's own)
