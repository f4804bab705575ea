"""Makes text that a student may have written safe to show: in a page, in a spreadsheet, on a terminal."""

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

LONGEST = 4000  # characters of any one text on a page; evidence allows 2,000, and a verdict adds a sentence
STACKED_MARKS = 4  # combining marks on one character; no living script needs more, "zalgo" text has dozens

# ECMA-48: CSI, OSC and the other strings up to their terminator, then any other two-character escape.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)"
    r"|\x1b[PX^_][^\x1b\n]*\x1b\\"
    r"|\x1b[ -/]*[0-~]"
)
_LINE_ENDS = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_DROPPED = {
    "Cc",
    "Cf",
    "Cs",
}  # controls; format characters (bidi overrides, zero width, tags); lone surrogates


def clean(text: str, limit: int = LONGEST) -> str:
    """The text without terminal escapes, control and direction characters; line ends become newlines.

    At most `limit` characters, the last one an ellipsis where something was cut.
    """
    text = _LINE_ENDS.sub("\n", _ESCAPES.sub("", text[: 4 * limit])).replace("\t", " ")
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if character == "\n" or (category not in _DROPPED and marks <= STACKED_MARKS):
            kept.append(character)
    return shorten("".join(kept), limit)


def one_line(text: str, limit: int = 200) -> str:
    """`clean` text on one line, runs of white space as one space."""
    return shorten(" ".join(clean(text, max(limit * 2, 200)).split()), limit)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters; an ellipsis says that there was more."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def relative_href(*parts: str) -> str:
    """A link below the page's own folder, percent-encoded; "" if the path would leave it.

    The leading "./" keeps a name such as "javascript:x" or "//host" from being read as a scheme or a host.
    """
    path = PurePosixPath(*parts) if parts else PurePosixPath()
    if path.is_absolute() or ".." in path.parts or not path.parts or "\\" in str(path):
        return ""
    return "./" + quote(str(path), safe="/", errors="replace")
