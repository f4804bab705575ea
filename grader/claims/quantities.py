"""Counts and shares as students write them: `11 181 642`, `11.18M`, `1.1e7`, `94,1 %`."""

import re
from dataclasses import dataclass

LARGEST = 10**15  # no count of a lab comes near it
_UNSCALED = {6: 2_000, 3: 1_000_000}  # no network has more millions, or thousands: the count is written out
_NUMBER = r"[0-9]{1,3}(?:[ '’_][0-9]{3})+(?![0-9])(?:[.,][0-9]{1,9})?|[0-9]{1,20}(?:[.,][0-9]{1,20}){0,6}|[.,][0-9]{1,20}"
_POWER = r"e ?([-+]?[0-9]{1,2})(?![0-9.])|\s?[x×*·]\s?10\s?\^?\s?(-?[0-9]{1,2})(?![0-9])"
_SCALED = re.compile(rf"({_NUMBER})(?:{_POWER})?", re.IGNORECASE)
_THOUSAND = "k|mille|milliers?|thousands?"
_MILLION = "m|mio|millions?|mln"
_BILLION = "b|g|md|bn|billions?|milliards?"
_MAGNITUDE = re.compile(rf"\s?(?:({_THOUSAND})|({_MILLION})|({_BILLION}))(?![a-z])", re.IGNORECASE)
_WRAPPED = re.compile(r"^(?:tensor|[a-z.]{0,12}float(?:16|32|64)?|[a-z.]{0,12}int(?:32|64)?)\(")
_DEVICE = re.compile(r",\s?(?:device|dtype|grad_fn)=[^,]{0,40}|\)$")
_ASIDE = re.compile(r"\([^()]{0,200}\)?|±.*|\+/-.*")
_NAMES = re.compile(r"(?<![0-9a-z])[a-z]+[-_]?[0-9][a-z0-9]*", re.IGNORECASE)  # "on a T4"
_IN_A_NAME = re.compile(r"[A-Za-z][0-9_.-]*$")  # resnet18
_MINUS = re.compile(r"(?<![0-9a-zA-Z])[-−]$")
_TOO_LARGE = re.compile(r"e[-+]?[0-9]", re.IGNORECASE)
_BETWEEN = re.compile(r"\s?%?\s?(?:-|–|—|à|a|to|et|and)\s?", re.IGNORECASE)
_SLASH = re.compile(r"\s?(?:/|of|sur|out of)\s?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Written:
    """A number as `digits` times ten to the power of `exponent`, the place of its last digit; and where it stands."""

    digits: int
    exponent: int
    start: int
    end: int

    @property
    def value(self) -> float:
        return float(f"{self.digits}e{self.exponent}")

    def bounds(self, scale: int) -> tuple[int, int] | None:
        """The whole numbers that round to it, once it is multiplied by ten to the power of `scale`; None: there is none."""
        exponent = self.exponent + scale
        if exponent > 15 or self.digits > LARGEST:
            return None
        low, high = max(0, 10 * self.digits - 5), 10 * self.digits + 5
        if exponent >= 1:
            found = low * 10 ** (exponent - 1), high * 10 ** (exponent - 1)
        else:
            part = 10 ** (1 - exponent)
            found = -(-low // part), high // part
        return found if found[0] <= found[1] <= LARGEST else None


def number_in(text: str, grouped: bool = False, start: int = 0) -> Written | None:
    """The first number from here on, names such as `resnet18` left out. `grouped`: 11,182 and 11.182 are whole.

    None for what is none, negative, or of unknown value (`1.2.3`).
    """
    for found in _SCALED.finditer(text, start):
        before = text[max(start, found.start() - 20) : found.start()]
        if start == 0 and _IN_A_NAME.search(before):
            continue
        power = found[2] or found[3]
        parts = _parts(found[1], grouped and power is None)
        if parts is None or _MINUS.search(before) or _TOO_LARGE.match(text, found.end()):
            return None
        return Written(
            int("".join(parts) or "0"), int(power or 0) - len(parts[1]), found.start(), found.end()
        )
    return None


def _parts(number: str, grouped: bool) -> tuple[str, str] | None:
    """Digits before and after the decimal sign, which is a point or a comma; the other one, and blanks, part groups."""
    compact = re.sub(r"[ '’_]", "", number)
    marks = re.findall("[.,]", compact)
    first, *rest = re.split("[.,]", compact)
    if not marks:
        return first, ""
    if len(set(marks)) == 2 and marks[-1] not in marks[:-1] and all(len(group) == 3 for group in rest[:-1]):
        return first + "".join(rest[:-1]), rest[-1]
    of_groups = all(len(group) == 3 for group in rest) and 1 <= len(first) <= 3
    if len(marks) > 1:
        return (first + "".join(rest), "") if of_groups and len(set(marks)) == 1 else None
    if grouped and of_groups and first != "0" and compact == number:
        return first + rest[0], ""
    return first, rest[0]


def unwrapped(cell: str) -> str:
    """`tensor(0.94, device='cuda:0')` as `0.94`: what a table of tensors prints."""
    inner = _WRAPPED.sub("", cell)
    return _DEVICE.sub("", inner) if inner != cell else cell


def says_more(rest: str) -> bool:
    """Another number follows, beside asides in parentheses, deviations and names such as `T4`."""
    return any(letter.isdigit() for letter in _NAMES.sub("", _ASIDE.sub("", rest)))


def count_in(cell: str, scale: int = 0, grouped: bool = True) -> tuple[int, int] | None:
    """Smallest and largest count that the cell can stand for; `scale`: 6 where the heading says millions. `grouped`: 57,045
    may be whole.

    `5130 / 727626` is trainable of all, in one order or the other. `11.2M (11,181,642)`: the exact one counts.
    """
    cell = unwrapped(cell)
    found = _count_at(cell, 0, scale, grouped)
    if found is None:
        return None
    bounds, end = found
    slash = _SLASH.match(cell, end)
    other = _count_at(cell, slash.end(), scale, grouped) if slash else None
    if other is not None and not says_more(cell[other[1] :]):
        return min(bounds, other[0])
    aside = re.match(r"\s?\(", cell[end:])
    exact = _count_at(cell, end + aside.end(), 0) if aside and bounds[0] < bounds[1] else None
    if exact is not None and bounds[0] <= exact[0][0] <= exact[0][1] <= bounds[1]:
        bounds = exact[0]
    return None if says_more(cell[end:]) else bounds


def _count_at(cell: str, start: int, scale: int, grouped: bool = True) -> tuple[tuple[int, int], int] | None:
    number = number_in(cell, grouped=grouped, start=start)
    if number is None or cell[number.end : number.end + 2].strip().startswith("%"):
        return None
    magnitude = _MAGNITUDE.match(cell, number.end)
    scale = scale if number.value < _UNSCALED.get(scale, 0) else 0
    if magnitude or scale:
        number = number_in(cell, grouped=False, start=start) or number
    own = 3 * int(magnitude.lastindex or 0) if magnitude else scale
    bounds = number.bounds(own)
    return (bounds, magnitude.end() if magnitude else number.end) if bounds else None


def share_in(cell: str) -> tuple[float, bool] | None:
    """An accuracy as written, and whether a percent sign follows; `9412/10000` as a share; of a range its middle."""
    cell = unwrapped(cell)
    number = number_in(cell)
    if number is None:
        return None
    value, rest = number.value, cell[number.end :]
    for separator in (_SLASH, _BETWEEN):
        met = separator.match(rest)
        second = number_in(rest, start=met.end()) if met else None
        if met is None or second is None or second.start != met.end() or says_more(rest[second.end :]):
            continue
        percent = "%" in rest
        if separator is _BETWEEN:
            return (value + second.value) / 2, percent
        whole = not percent and number.exponent == second.exponent == 0
        return (value / second.value, False) if whole and second.value >= max(10, value) else None
    return None if says_more(rest) else (value, rest.lstrip().startswith("%"))
