"""The web application: static files first, everything else by Django."""

import os
import re
from importlib import import_module

# Requests run in many threads for a short time each; a pool lets them share a few connections.
os.environ.setdefault("DATABASE_POOL_SIZE", "20")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")

from django.conf import settings
from django.core.asgi import get_asgi_application
from servestatic import ServeStaticASGI

from config.checks import refuse_unsafe_production

refuse_unsafe_production()
django_application = get_asgi_application()
import_module("config.starting").compare_with_marks()  # its models are loaded by now
import_module(settings.ROOT_URLCONF)  # now, and not while the first visitor waits

HASHED_NAME = re.compile(r"\.[0-9a-f]{12}\.\w+$")

application = ServeStaticASGI(
    django_application,
    root=settings.STATIC_ROOT,
    prefix=settings.STATIC_URL,
    immutable_file_test=lambda _path, url: bool(HASHED_NAME.search(url)),
)
