"""No secret reaches a log or an error report, and every line can be read by a program."""

import json
import logging
import subprocess
import sys

import pytest
from django.conf import settings

from config.error_reports import without_secrets
from config.redaction import HIDDEN, RedactSecrets, redacted

KEY = "utk_0123456789AB_abcdefghijklmnopqrstuvwxyz0123456789ABCD_1a2B3c"


@pytest.mark.parametrize(
    "text",
    [
        f"the key {KEY} is unknown",
        f"Authorization: Bearer {KEY}",
        f"{{'HTTP_AUTHORIZATION': 'Bearer {KEY}'}}",
        f"GET /api/public/v1/Time/getTimeTransactions?accessToken={KEY}&clientId=1",
        f"GET /api/public/v1/Access/login?apiKey={KEY}",
        f"password={KEY}",
        f"GET /api/public/v1/Time/getTimeTransactions?%61ccessToken={KEY}",
    ],
)
def test_a_secret_is_hidden_wherever_it_stands(text: str) -> None:
    assert KEY not in redacted(text)
    assert HIDDEN in redacted(text)


def test_a_token_of_ours_is_hidden_however_it_is_sent() -> None:
    token = "utt_" + "aB3" * 13 + "x"
    for text in (f"/x?%61ccessToken={token}&y", f'{{"accessToken": "{token}"}}', f"Bearer {token}", token):
        assert token not in redacted(text)
        assert HIDDEN in redacted(text)


def test_a_token_that_is_no_key_of_ours_is_hidden_as_well() -> None:
    text = redacted("GET /x?accessToken=eyJhbGciOi.J9.sig&clientId=7 Authorization: Basic dXNlcjpwYXNz")
    assert "eyJ" not in text
    assert "dXNlcj" not in text
    assert "clientId=7" in text


def test_a_message_keeps_what_is_no_secret() -> None:
    assert redacted("12 rows queued for EXOPEN") == "12 rows queued for EXOPEN"


def record(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("test", logging.INFO, __file__, 1, message, arguments, None)


def test_arguments_and_tracebacks_are_cleaned() -> None:
    try:
        int(KEY)
    except ValueError:
        failed = logging.LogRecord("test", logging.ERROR, __file__, 1, "refused %s", (KEY,), sys.exc_info())
    RedactSecrets().filter(failed)
    assert KEY not in logging.Formatter("%(message)s").format(failed)


def test_a_message_with_a_percent_sign_survives() -> None:
    line = record("%s of 50%% done", "25")
    RedactSecrets().filter(line)
    assert line.getMessage() == "25 of 50% done"


def test_an_error_report_carries_no_headers_bodies_or_keys() -> None:
    event = {
        "request": {"url": "/x", "headers": {"Authorization": KEY}, "data": {"a": 1}, "query_string": "accessToken=1"},
        "exception": {"values": [{"value": f"bad key {KEY}"}]},
    }
    report = without_secrets(event, {})
    assert KEY not in json.dumps(report)
    assert report["request"] == {"url": "/x", "query_string": HIDDEN}


def test_logs_are_json_when_asked_for() -> None:
    program = (
        "import logging.config, config.settings.logs as logs;"
        "logging.config.dictConfig(logs.logging_config('json', 'INFO'));"
        f"logging.getLogger('ledger').info('key %s', '{KEY}')"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import django.conf; django.conf.settings.configure(); {program}"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    line = json.loads(done.stderr)
    assert (line["level"], line["logger"], line["message"]) == ("INFO", "ledger", f"key {HIDDEN}")
    assert line["time"].endswith(("Z", "+00:00"))
