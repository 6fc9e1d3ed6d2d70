"""Keeping secrets out of logs and error reports: API keys, authorization headers, tokens in addresses."""

import logging
import re

HIDDEN = "[hidden]"
SECRETS = re.compile(
    r"utk_[0-9A-Za-z]+_[0-9A-Za-z_]+"  # our API keys
    r"|utt_[0-9A-Za-z]+"  # our access tokens
    r"|(?<=bearer )[^\s'\"&,]+"
    r"|(?<=authorization: )[^\r\n'\"]+"
    r"|(?<=accesstoken=)[^\s'\"&]+"
    r"|(?<=apikey=)[^\s'\"&]+"
    r"|(?<=token=)[^\s'\"&]+"
    r"|(?<=password=)[^\s'\"&]+"
    r"|(?<=[?&]code=)[^\s'\"&]+"
    r"|(?<=password-reset/)[^\s'\"/?]+/[^\s'\"/?]+",
    re.IGNORECASE,
)


def redacted(text: str) -> str:
    """The text with every secret that it can be seen to hold replaced."""
    return SECRETS.sub(HIDDEN, text)


class RedactSecrets(logging.Filter):
    """Cleans the finished message and its arguments, whoever wrote them."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = redacted(record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = redacted(record.exc_text)
        return True
