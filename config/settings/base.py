"""What every installation shares. Everything that differs is read from the environment."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from csp import constants as csp
from django.utils.translation import gettext_lazy as _

from config.embedded.home import utkorg_home
from config.settings import look
from config.settings.connections import cache_url, database
from config.settings.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# Lets Django's generic classes take their type arguments at run time.
django_stubs_ext.monkeypatch()

env = environ.Env()
embedded = utkorg_home()

# Where True, system checks refuse unsafe values
UTKORG_PRODUCTION = False

# True while a working copy is worked in offline: new numbers are provisional then
UTKORG_WORKING_COPY = False

DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold",  # before the admin, whose templates it replaces
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "config.pages.PagesConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "django_guid",
    "csp",
    "pgtrigger",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "information_types",
    "notices",
    "ledger",
    "history",
    "journal",
    "access",
    "sign_in",
    "imports",
    "inbox",
    "timesheets",
    "registers",
    "subscriptions",
    "revisions",
    "onetime_transfer",
    "workcopies",
    "watch",
    "config",
]

MIDDLEWARE = [
    "django_guid.middleware.guid_middleware",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "access.http.language.OwnLanguageMiddleware",
    "access.http.actors.ActorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sign_in.admin.middleware.SessionLimitsMiddleware",
    "sign_in.admin.middleware.SecondFactorMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it answers in place of a page that has counted too many tries
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
            ],
        },
    },
]

# How the admin looks

UNFOLD: dict[str, Any] = look.UNFOLD

# The registers

UTKORG_EMBEDDED_DATABASE = not env.str("DATABASE_URL", default="")
DATABASES = {"default": database(env, embedded.database_url)}

# The broker carries bells, throttle counters and the news that rows are queued; never data

UTKORG_EMBEDDED_BROKER = not env.str("CELERY_BROKER_URL", default="")
CELERY_BROKER_URL: str = env.str("CELERY_BROKER_URL", default=embedded.broker_url)
CELERY_TASK_DEFAULT_QUEUE = "celery"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A writer whose bell cannot be rung must not wait for it: the sweep finds the change.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_TIMEZONE = "UTC"
# A message may take a minute to read: nothing else waits for that. Who looks for messages stays in the common queue,
# which somebody works on also where the portal isn't used.
CELERY_TASK_ROUTES = {
    "revisions.tasks.fan_out": {"queue": "bell"},
    "revisions.tasks.sweep": {"queue": "bell"},
    "inbox.tasks.read": {"queue": "mail"},
    "inbox.tasks.read_waiting": {"queue": "mail"},
}
CELERY_BEAT_SCHEDULE = {
    "imports": {"task": "imports.tasks.resume_all", "schedule": 5.0, "options": {"expires": 5.0}},
    "files of imports": {"task": "imports.tasks.remove_old", "schedule": 3600.0},
    "mails": {"task": "inbox.tasks.resume_all", "schedule": 5.0, "options": {"expires": 5.0}},
    "replies to mails": {"task": "inbox.tasks.send_left_replies", "schedule": 60.0, "options": {"expires": 60.0}},
    "left duplicates": {"task": "inbox.tasks.free_duplicates", "schedule": 60.0, "options": {"expires": 60.0}},
    "old replies to mails": {"task": "inbox.tasks.remove_old_replies", "schedule": 3600.0},
    "working copies": {"task": "workcopies.tasks.resume_all", "schedule": 5.0, "options": {"expires": 5.0}},
    "files of working copies": {"task": "workcopies.tasks.remove_old", "schedule": 3600.0},
    # Expired before the next one: a worker that was away finds one sweep, not an hour of them.
    "sweep": {"task": "revisions.tasks.sweep", "schedule": 1.0, "options": {"expires": 1.0}},
    "transfers": {"task": "onetime_transfer.tasks.resume_all", "schedule": 5.0, "options": {"expires": 5.0}},
    "recent-changes": {
        "task": "revisions.tasks.count_recent_changes",
        "schedule": 60.0,
        "options": {"expires": 60.0},
    },
    "trace": {"task": "revisions.tasks.index_for_trace", "schedule": 10.0, "options": {"expires": 10.0}},
    "feedback": {"task": "revisions.tasks.settle_feedback", "schedule": 30.0, "options": {"expires": 30.0}},
    "clean-up": {"task": "revisions.tasks.remove_old_change_sets", "schedule": 3600.0},
    "expiring-keys": {"task": "access.tasks.warn_of_expiry", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "letters-of-keys": {"task": "access.tasks.send_left_letters", "schedule": 60.0, "options": {"expires": 60.0}},
    "old-letters-of-keys": {"task": "access.tasks.remove_old_letters", "schedule": 3600.0},
    "old-answers": {"task": "access.tasks.remove_old_answers", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "old-notices": {"task": "notices.tasks.remove_old_notices", "schedule": 3600.0},
    "counters": {"task": "watch.tasks.read_counters", "schedule": 60.0, "options": {"expires": 60.0}},
    "old-counters": {"task": "watch.tasks.remove_old", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "policies": {"task": "watch.tasks.follow_policies", "schedule": 30.0, "options": {"expires": 30.0}},
    "old-tokens": {"task": "access.tasks.remove_old_tokens", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "taking in again": {"task": "revisions.tasks.resume_taking_in", "schedule": 30.0, "options": {"expires": 30.0}},
    "old journal": {"task": "journal.tasks.remove_old", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "old sign-ins": {"task": "sign_in.tasks.remove_old", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "removed messages": {"task": "inbox.tasks.remove_old", "schedule": 3600.0, "options": {"expires": 3600.0}},
    "unneeded contents": {"task": "inbox.tasks.remove_unneeded", "schedule": 21600.0, "options": {"expires": 21600.0}},
    "letters": {"task": "watch.tasks.send_left_letters", "schedule": 60.0, "options": {"expires": 60.0}},
}

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": cache_url(CELERY_BROKER_URL),
        "KEY_PREFIX": "utkorg",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 1},
    },
}

# Languages and time: stored in UTC, shown in Swedish time

LANGUAGE_CODE: str = env.str("LANGUAGE_CODE", default="en")
LANGUAGES = [("sv", _("Swedish")), ("nb", _("Norwegian")), ("en", _("English"))]
# Unfold has no Swedish and no Norwegian of its own.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "config" / "unfold_texts"]
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Stockholm"

# People

# The first refuses who is locked out, before any password is looked at.
AUTHENTICATION_BACKENDS = ["sign_in.backends.LockoutBackend", "access.backends.ProfileBackend"]
SHORTEST_PASSWORD = 12
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": SHORTEST_PASSWORD},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 4 * 3600

# How many wrong passwords and codes of one name from an address lock it out, how many from an address, how long
UTKORG_SIGN_IN_ATTEMPTS: int = env.int("UTKORG_SIGN_IN_ATTEMPTS", default=5)
UTKORG_SIGN_IN_ADDRESS_ATTEMPTS: int = env.int("UTKORG_SIGN_IN_ADDRESS_ATTEMPTS", default=50)
UTKORG_SIGN_IN_LOCKOUT_MINUTES: int = env.int("UTKORG_SIGN_IN_LOCKOUT_MINUTES", default=15)
AXES_HANDLER = "sign_in.lockout.LockoutHandler"
AXES_LOCKOUT_PARAMETERS: list[Any] = [["username", "ip_address"], "ip_address"]
AXES_FAILURE_LIMIT = UTKORG_SIGN_IN_ATTEMPTS
AXES_COOLOFF_TIME = timedelta(minutes=UTKORG_SIGN_IN_LOCKOUT_MINUTES)
AXES_LOCKOUT_CALLABLE = "sign_in.admin.lockout.locked_out"
AXES_CLIENT_IP_CALLABLE = "access.http.address.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # who goes on trying need not wait longer
AXES_DISABLE_ACCESS_LOG = True  # the audit log holds sign-ins
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
# Nothing of what is sent with a password or a code is kept.
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "csrfmiddlewaretoken", "next"]

# Who must sign in with two factors: optional (who wants to), superusers, everybody
UTKORG_TWO_FACTOR: str = env.str("UTKORG_TWO_FACTOR", default="optional")

# How long an access token of the time API works
UTKORG_ACCESS_TOKEN_MINUTES: int = env.int("UTKORG_ACCESS_TOKEN_MINUTES", default=60)

# A session ends when nobody has asked for a page for so many minutes, and after so many hours in any case
UTKORG_SESSION_IDLE_MINUTES: int = env.int("UTKORG_SESSION_IDLE_MINUTES", default=120)
UTKORG_SESSION_HOURS: int = env.int("UTKORG_SESSION_HOURS", default=12)
SESSION_COOKIE_AGE = UTKORG_SESSION_HOURS * 3600

# Signing in by an identity provider, where one is named
OIDC_ISSUER: str = env.str("OIDC_ISSUER", default="")
OIDC_CLIENT_ID: str = env.str("OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET: str = env.str("OIDC_CLIENT_SECRET", default="")
OIDC_NAME: str = env.str("OIDC_NAME", default="OpenID Connect")
OIDC_CREATES_USERS: bool = env.bool("OIDC_CREATES_USERS", default=False)
OIDC_COUNTS_AS_TWO_FACTOR: bool = env.bool("OIDC_COUNTS_AS_TWO_FACTOR", default=False)

EMAIL_CONFIG: dict[str, Any] = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND: str = EMAIL_CONFIG["EMAIL_BACKEND"]
EMAIL_HOST: str = EMAIL_CONFIG.get("EMAIL_HOST") or "localhost"
EMAIL_PORT: int = EMAIL_CONFIG.get("EMAIL_PORT") or 25
EMAIL_HOST_USER: str = EMAIL_CONFIG.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD: str = EMAIL_CONFIG.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS: bool = EMAIL_CONFIG.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL: bool = EMAIL_CONFIG.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL: str = env.str("DEFAULT_FROM_EMAIL", default="Utkorg <utkorg@localhost>")

# Where people reach this installation: links in e-mails begin with it
UTKORG_URL: str = env.str("UTKORG_URL", default="")

# REST

# How many proxies of the operator's a request comes through, each of which adds to X-Forwarded-For
UTKORG_TRUSTED_PROXIES: int = env.int("UTKORG_TRUSTED_PROXIES", default=0)

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["access.http.authentication.BearerKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["access.http.parsers.JsonParser"],
    "DEFAULT_THROTTLE_CLASSES": ["access.http.throttling.KeyThrottle"],
    "DEFAULT_SCHEMA_CLASS": "access.http.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "access.http.problems.exception_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# How long change sets that are queued or acknowledged are kept for the trace
UTKORG_TRACE_DAYS: int = env.int("UTKORG_TRACE_DAYS", default=30)

# Where it is written down how far the database has come, so that a restored one is noticed; nowhere if it is empty
UTKORG_MARK_FOLDER: str = env.str("UTKORG_MARK_FOLDER", default=str(embedded.marks))

# Where it is written down what was written over REST, so that a restored database can be told what it lacks, and for
# how many days; nowhere if it is empty
UTKORG_JOURNAL_FOLDER: str = env.str("UTKORG_JOURNAL_FOLDER", default=str(embedded.journal))
UTKORG_JOURNAL_DAYS: int = env.int("UTKORG_JOURNAL_DAYS", default=30)

# The largest file that people may import by the admin, where it is kept until then, and how long if nobody goes on
UTKORG_IMPORT_MAX_MB: int = env.int("UTKORG_IMPORT_MAX_MB", default=500)
UTKORG_IMPORT_FOLDER: str = env.str("UTKORG_IMPORT_FOLDER", default=str(embedded.imports))
UTKORG_IMPORT_DAYS: int = env.int("UTKORG_IMPORT_DAYS", default=7)

# The largest working copy that is taken in, where copies stand between a worker and a browser, and how long
UTKORG_WORKING_COPY_MAX_MB: int = env.int("UTKORG_WORKING_COPY_MAX_MB", default=4000)
UTKORG_WORKING_COPY_FOLDER: str = env.str("UTKORG_WORKING_COPY_FOLDER", default=str(embedded.working_copies))
UTKORG_WORKING_COPY_DAYS: int = env.int("UTKORG_WORKING_COPY_DAYS", default=7)

# The e-mail portal: the domain of its addresses, the largest message, and where messages are kept, byte for byte: in a
# folder, or in a bucket of an S3 where one is named
UTKORG_MAIL_DOMAIN: str = env.str("UTKORG_MAIL_DOMAIN", default="invoices.localhost")
UTKORG_MAIL_MAX_MB: int = env.int("UTKORG_MAIL_MAX_MB", default=40)
UTKORG_MAIL_FOLDER: str = env.str("UTKORG_MAIL_FOLDER", default=str(embedded.mails))
UTKORG_MAIL_BUCKET: str = env.str("UTKORG_MAIL_BUCKET", default="")
UTKORG_MAIL_S3_URL: str = env.str("UTKORG_MAIL_S3_URL", default="")
# The virus scanner (clamd) that is asked about every message before it is read: a socket's path, or host:port
CLAMAV_SOCKET: str = env.str("CLAMAV_SOCKET", default="")
# How long what was removed from quarantine is kept; 0 is for ever
UTKORG_MAIL_DAYS: int = env.int("UTKORG_MAIL_DAYS", default=90)
MAIL_STORAGE: dict[str, Any] = (
    {
        "BACKEND": "inbox.bucket.MailBucket",
        "OPTIONS": {
            "bucket_name": UTKORG_MAIL_BUCKET,
            "endpoint_url": UTKORG_MAIL_S3_URL or None,
            "default_acl": None,
            "querystring_auth": True,
            "file_overwrite": True,
        },
    }
    if UTKORG_MAIL_BUCKET
    else {"BACKEND": "inbox.storage.MailFolder"}
)

# Where the mail server listens, what it calls itself, its certificate for STARTTLS (with the key, if that has no file
# of its own), and what it lets in. Trusted relays are the operator's own servers: the limits of one address aren't for
# them.
SMTP_HOST: str = env.str("SMTP_HOST", default="127.0.0.1")
SMTP_PORT: int = env.int("SMTP_PORT", default=2525)
SMTP_NAME: str = env.str("SMTP_NAME", default="")
SMTP_TLS_CERTIFICATE: str = env.str("SMTP_TLS_CERTIFICATE", default="")
SMTP_TLS_KEY: str = env.str("SMTP_TLS_KEY", default="")
SMTP_TLS_REQUIRED: bool = env.bool("SMTP_TLS_REQUIRED", default=False)
SMTP_TRUSTED_RELAYS: list[str] = env.list("SMTP_TRUSTED_RELAYS", default=["127.0.0.0/8", "::1"])
SMTP_MAX_CONNECTIONS: int = env.int("SMTP_MAX_CONNECTIONS", default=100)
SMTP_MAX_CONNECTIONS_PER_ADDRESS: int = env.int("SMTP_MAX_CONNECTIONS_PER_ADDRESS", default=10)
SMTP_MESSAGES_PER_MINUTE: int = env.int("SMTP_MESSAGES_PER_MINUTE", default=60)
SMTP_MEMORY_MB: int = env.int("SMTP_MEMORY_MB", default=400)

# Mailboxes whose messages are taken in as well, and how often is asked where a server tells no news
IMAP_MAILBOXES: list[str] = env.list("IMAP_MAILBOXES", default=[])
IMAP_POLL_SECONDS: int = env.int("IMAP_POLL_SECONDS", default=60)
# Certificates that are trusted beside the machine's
IMAP_CA_FILE: str = env.str("IMAP_CA_FILE", default="")

# How long reports of integrations are kept after they were answered
UTKORG_FEEDBACK_DAYS: int = env.int("UTKORG_FEEDBACK_DAYS", default=90)

# How long messages to people are kept after they were read
UTKORG_NOTICE_DAYS: int = env.int("UTKORG_NOTICE_DAYS", default=90)

# Requests that a key may make, by a view's `throttle_scope`
UTKORG_THROTTLE_RATES: dict[str, str] = {
    "pending": env.str("THROTTLE_PENDING", default="5/s"),
    "revisions": env.str("THROTTLE_REVISIONS", default="20/s"),
    "receipts": env.str("THROTTLE_RECEIPTS", default="20/s"),
    "registers": env.str("THROTTLE_REGISTERS", default="60/min"),
    "time": env.str("THROTTLE_TIME", default="60/min"),  # of a user or a key, with however many tokens
    "login": env.str("THROTTLE_LOGIN", default="30/min"),  # from an address
    "feedback": env.str("THROTTLE_FEEDBACK", default="10/s"),
    "working_copies": env.str("THROTTLE_WORKING_COPIES", default="120/h"),
}
# Requests that all accounting offices' keys together may make for one client
UTKORG_THROTTLE_CLIENT_RATES: dict[str, str] = {
    "revisions": env.str("THROTTLE_CLIENT_REVISIONS", default="40/s"),
    "registers": env.str("THROTTLE_CLIENT_REGISTERS", default="240/min"),
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Utkorg",
    "DESCRIPTION": "What changed in the registers, in order and without gaps.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    # Named here, the letters of a category are told from the words that the time API has for them.
    "ENUM_NAME_OVERRIDES": {
        "InformationTypeName": "information_types.registry.names",
        "TimeCategoryLetter": ["O", "T", "P", "S"],
        "CustomerInvoiceStatus": "ledger.models.CustomerInvoice.Status",
        "SupplierInvoiceStatus": "ledger.models.SupplierInvoice.Status",
        "TransferStatus": "onetime_transfer.models.Transfer.Status",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# Static files

STATIC_URL = "/static/"
STORAGES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "mails": MAIL_STORAGE,
}
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "static-collected")))

# What a browser may do with our pages

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# A voucher of 200 rows, or a subscription to 2 000 chosen companies, is one form.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
SESSION_COOKIE_HTTPONLY = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [csp.SELF],
        "img-src": [csp.SELF, "data:"],
        "object-src": [csp.NONE],
        "base-uri": [csp.NONE],
        "form-action": [csp.SELF],
        "frame-ancestors": [csp.NONE],
    },
}

# What is logged, and where errors are reported

LOG_FORMAT: str = env.str("LOG_FORMAT", default="text")
LOGGING = logging_config("json" if LOG_FORMAT == "json" else "text", env.str("LOG_LEVEL", default="INFO"))
SENTRY_DSN: str = env.str("SENTRY_DSN", default="")
DJANGO_GUID = {"GUID_HEADER_NAME": "X-Request-Id", "EXPOSE_HEADER": False, "UUID_LENGTH": 32}
