"""Numbers that are made of several tokens, and what stands directly after them."""

from collections.abc import Sequence

from grader.claims.tokens import Token, decimal, whole
from grader.claims.words import UNITS

Tokens = Sequence[Token]


def text_at(tokens: Tokens, at: int) -> str:
    """The token's text; "" before the first and after the last."""
    return tokens[at].text if 0 <= at < len(tokens) else ""


def second_of_pair(tokens: Tokens, at: int) -> tuple[Token | None, int]:
    """The whole number after `/`, `of`, `sur`, and the place where the pair ends."""
    after = at + 1
    if text_at(tokens, after) == "out" and text_at(tokens, after + 1) == "of":
        after += 1
    if text_at(tokens, after) in ("/", "of", "sur") and after + 1 < len(tokens):
        second = tokens[after + 1]
        both = tokens[at].text + second.text
        if second.kind == "number" and both.isdigit() and len(both) <= 20:
            return second, after + 1
    return None, at


def share_of(part: Token, of: Token) -> float | None:
    """`930/10000` as a share; None for pairs that count nothing."""
    total = int(of.text)
    return int(part.text) / total if total >= 10 and int(part.text) <= total else None


def running_average(tokens: Tokens, at: int, value: float) -> tuple[float, int]:
    """`56.2 (52.3)`: the average in parentheses, of about the same size, instead of the batch's value; and its end."""
    if text_at(tokens, at + 1) == "(" and text_at(tokens, at + 3) == ")" and tokens[at + 2].kind == "number":
        inner = decimal(tokens[at + 2].text)
        if inner is not None and value / 3 <= inner <= 3 * value and inner <= 100:
            return inner, at + 3
    return value, at


def count_at(tokens: Tokens, at: int) -> tuple[int | None, int]:
    """A count, groups of three digits between blanks (1 191 170) joined; and where it ends."""
    token = tokens[at]
    text = token.text
    while (
        len(text) <= 12
        and text.isdigit()
        and len(token.text) <= 3
        and at + 1 < len(tokens)
        and (after := tokens[at + 1]).kind == "number"
        and len(after.text) == 3
        and after.text.isdigit()
        and after.start == tokens[at].end + 1
    ):
        text, at = text + after.text, at + 1
    return (None if token.negative else whole(text)), at


def begins_bar(tokens: Tokens, at: int) -> bool:
    """`61%|██████    |`: the marks follow each other without a blank."""
    following = tokens[at + 1 : at + 3]
    return [t.text for t in following] == ["%", "|"] and following[0].end == following[1].start


def unit_after(tokens: Tokens, at: int) -> bool:
    """`25 s`, `10000 images`: the number counts or times something."""
    if at + 1 >= len(tokens):
        return False
    after = tokens[at + 1]
    return after.kind == "word" and after.start - tokens[at].end <= 1 and after.text in UNITS
