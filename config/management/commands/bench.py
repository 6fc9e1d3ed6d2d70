"""`manage.py bench [--json] [--quick]`: how fast the heart is, beside baselines measured in the same run."""

import json
import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from config.bench.figures import table
from config.bench.run import BenchFailed, run
from config.bench.sizes import FULL, QUICK


class Command(BaseCommand):
    """The figures on standard output, progress on standard error."""

    help = "Measure speed, each figure beside its raw baseline, in databases of its own that are dropped afterwards."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="print the figures as JSON")
        parser.add_argument("--quick", action="store_true", help="with a tenth of the sizes, in a few minutes")

    def handle(self, *_arguments: Any, **options: Any) -> None:
        """Run, and tell what was found."""
        sizes = QUICK if options["quick"] else FULL
        self.stderr.write(sizes.described())
        try:
            figures = run(sizes, database_url=os.environ.get("DATABASE_URL"))
        except BenchFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(figures, indent=2) if options["json"] else table(figures))
