"""PostgreSQL refuses to run as root. As root it gets another id, without touching rights of other folders."""

import os
import pwd
import shutil
import subprocess
from functools import cache
from pathlib import Path

from config.embedded.exceptions import ServiceFailed

# In a user namespace root is id 1000 for PostgreSQL, and its files stay root's.
NAMESPACE = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
UNPRIVILEGED_USER = "nobody"


@cache
def prefix() -> list[str]:
    """What to put before a PostgreSQL command so that it may run."""
    if os.getuid() != 0 or _works(NAMESPACE):
        return NAMESPACE if os.getuid() == 0 else []
    if _works(_other_user()):
        return _other_user()
    raise ServiceFailed("PostgreSQL does not run as root, and root may not change its id here: use an ordinary user")


def give(folder: Path) -> None:
    """Hand `folder` to the id that PostgreSQL runs with, where that is another one."""
    if prefix() == _other_user():
        user = pwd.getpwnam(UNPRIVILEGED_USER)
        os.chown(folder, user.pw_uid, user.pw_gid)


def _other_user() -> list[str]:
    """Another id that may still pass through folders closed to all but root, which need not be opened then."""
    user = pwd.getpwnam(UNPRIVILEGED_USER)
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"]


def _works(command: list[str]) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0
