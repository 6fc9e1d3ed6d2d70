"""The same validation, from the same services: on the server, and over the file of a working copy."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.workcopies import offline, refusals

OVER_THE_FILE = """
import django, pathlib, sys
django.setup()
from tests.workcopies import refusals
refusals.main(pathlib.Path(sys.argv[1]))
"""


@pytest.mark.django_db
def test_what_is_refused_here_is_refused_offline_for_the_same_reason(tmp_path: Path) -> None:
    here = json.loads(json.dumps(refusals.answers()))
    assert [name for name, answer in here.items() if isinstance(answer, str)] == []
    path = offline.make_copy(tmp_path / "books.utkorg")
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings.work", "PYTHONPATH": str(settings.BASE_DIR)}
    program = [sys.executable, "-c", OVER_THE_FILE, str(path)]
    done = subprocess.run(program, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == {"vendor": "sqlite", "answers": here}
