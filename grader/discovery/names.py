"""Names: natural order, names as shown to people, and names that are safe as folders on every system."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable

LONGEST = 80  # characters of a slug; leaves room below the 255 bytes of common file systems for suffixes

_LETTERS = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l"})
_LETTERS |= str.maketrans({"Æ": "AE", "Œ": "OE", "Ø": "O", "Ł": "L"})
_RESERVED = {"con", "prn", "aux", "nul", "results", "index", "gradebook"}  # Windows devices; our own files
_RESERVED |= {f"{device}{number}" for device in ("com", "lpt") for number in range(10)}


def natural_key(name: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    """Sort key that puts stage2 before stage10 and a beside A; the name itself breaks ties."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part), name


def shown(name: str) -> str:
    """The name as written, without control, direction and undecodable characters."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(letter for letter in text if not unicodedata.category(letter).startswith("C")).strip()


def slug(name: str) -> str:
    """A folder name of [A-Za-z0-9._-], at most 80 characters, the same whoever else is in the class.

    A name without any Latin letter or digit becomes student-<6 hexadecimal digits of its SHA-256>.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    safe = re.sub(r"[^A-Za-z0-9._-]+", "-", plain)[:LONGEST].strip("-._")
    if not safe:
        safe = "student-" + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    if safe.split(".")[0].casefold() in _RESERVED:
        safe = f"s-{safe}"[:LONGEST].rstrip("-._")
    return safe


def unique_slugs(names: Iterable[str]) -> list[str]:
    """One slug a name, in order; names that differ only in case get -2, -3, for systems that ignore case."""
    taken: set[str] = set()
    slugs = []
    for base in map(slug, names):
        candidate, number = base, 1
        while candidate.casefold() in taken:
            number += 1
            suffix = f"-{number}"
            candidate = base[: LONGEST - len(suffix)] + suffix
        taken.add(candidate.casefold())
        slugs.append(candidate)
    return slugs
