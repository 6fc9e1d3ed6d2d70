"""Texts from outside made harmless: one line, nothing invisible, no longer than they may be."""

import re
import unicodedata

LONGEST_LINE = 998
LONGEST_NAME = 150
NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*]')
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")


def one_line(text: str, longest: int = LONGEST_LINE) -> str:
    """The text without control, bidirectional and other invisible characters, its blanks joined."""
    visible = "".join(
        " " if character.isspace() or category(character) == "Cc" else character
        for character in text[: longest * 8]
        if character.isspace() or category(character) not in {"Cf", "Cs", "Co", "Cn"}
    )
    return " ".join(visible.split())[:longest].rstrip()


def category(character: str) -> str:
    """Unicode's category."""
    return unicodedata.category(character)


def file_name(text: str) -> str:
    """A name that can be shown, and a file be saved by: no folders, nothing hidden, its ending kept."""
    name = one_line(text.replace("\x00", ""), 4000).replace("\\", "/").rsplit("/", 1)[-1]
    name = unicodedata.normalize("NFC", NOT_IN_NAMES.sub("_", name)).strip(" .")
    if RESERVED.match(name):
        name = f"_{name}"
    if len(name) > LONGEST_NAME:
        stem, dot, ending = name.rpartition(".")
        kept = f"{dot}{ending}" if dot and len(ending) <= 10 else ""
        name = (stem if kept else name)[: LONGEST_NAME - len(kept)].rstrip(" .") + kept
    return name


def ending(name: str) -> str:
    """The last ending of a file name, in small letters, without its dot."""
    return name.rpartition(".")[2].lower() if "." in name else ""
