"""Every code that reading gives has words."""

import re
from pathlib import Path

import inbox.reading
from inbox.reading import kinds
from inbox.reading_texts import TEXTS, text_of

CODE = re.compile(r'(?:_leave\(file, "\w+", |problem\(|_closed\(file, |Refused\w*\(|ClosedArchive\(|code = )"(\w+)"')


def test_every_code_of_reading_has_words() -> None:
    source = "".join(path.read_text() for path in Path(inbox.reading.__file__).parent.glob("*.py"))
    codes = set(CODE.findall(source)) | {reason for _, reason in kinds.KNOWN.values() if reason}
    codes |= {"outlook_message", "executable", "small_picture", "unknown_type"}
    codes -= {"reading_failed"}
    assert len(codes) > 25
    assert codes <= TEXTS.keys()


def test_an_unknown_code_is_named() -> None:
    assert "x_y" in text_of("x_y")
