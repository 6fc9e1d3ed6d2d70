"""The published reference implementation and the test vectors, as an integrator has them."""

import importlib.util
import json
from typing import Any

from django.conf import settings

DOCS = settings.BASE_DIR / "docs"
PROGRAM = DOCS / "examples" / "reconciliation.py"
PAGE = (DOCS / "reconciliation.md").read_text(encoding="utf-8")
VECTORS: list[dict[str, Any]] = json.loads((DOCS / "reconciliation-vectors.json").read_text(encoding="utf-8"))


def load() -> Any:
    """The program as a module."""
    found = importlib.util.spec_from_file_location("reference_reconciliation", PROGRAM)
    assert found
    assert found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
