"""One line of output: the numbers it states, each with the words that announce it."""

from dataclasses import replace

from grader.claims.readings import FEWEST_PARAMETERS, Line, Reading
from grader.claims.text import folded
from grader.claims.tokens import tokens_of
from grader.claims.walk import Walk
from grader.claims.words import CLASS_NAMES, NO_RESULT, names_a_layer, with_phrases_joined
from grader.schema.claims import Split


def read_line(line: str, counts_parameters: bool = False, precision_is_accuracy: bool = True) -> Line:
    """Reads a line that was cleaned.

    `counts_parameters`: the cell's code counts parameters, so that a lone integer is such a count.
    `precision_is_accuracy`: false beside recall and F1, where precision is the precision of a class.
    Catches: a label and its number with any marks between, before or after the split, in compounds (`val_acc=`,
    `valLoss`), percentages, shares, counts (`930/10000`, `967 of 10000`), running averages in parentheses.
    Misses: numbers without any label; a row of words followed by a row of numbers (tables.py reads it); best values and
    values in the middle of an epoch are left out on purpose, as are those of single classes.
    """
    tokens = tokens_of(with_phrases_joined(folded(line)))
    walk = Walk(tokens, counts_parameters, precision_is_accuracy)
    walk.to_the_end()
    if walk.unfinished:
        return Line(epochs=tuple(walk.epochs))
    return Line(_selected(walk, _with_numbers_before_labels(walk)), tuple(walk.epochs))


def _with_numbers_before_labels(walk: Walk) -> list[Reading]:
    """`72.3 % of the test images are right`, `930 / 1000 correct`, `1191170 parameters`."""
    readings = list(walk.readings)
    kinds = {reading.kind for reading in readings if reading.labelled}
    if "accuracy" in walk.named and "accuracy" not in kinds and not walk.said_aside:
        shares = walk.ratios if len(walk.ratios) == 1 else [value / 100 for value in walk.percentages]
        if len(shares) == 1:
            readings = [r for r in readings if r.labelled]
            readings.append(Reading("accuracy", walk.split, shares[0]))
    if "parameters" not in kinds and walk.before and walk.before[0] >= FEWEST_PARAMETERS:
        lone = walk.counts_parameters and len(walk.tokens) == 1
        if (lone or "parameters before" in walk.named) and not walk.said_aside:
            readings.append(Reading("parameters", None, float(walk.before[0])))
    return readings


def _selected(walk: Walk, kept: list[Reading]) -> tuple[Reading, ...]:
    """Without lines about one class, one layer, a goal or a split of the data; splits completed."""
    if walk.words & (CLASS_NAMES | NO_RESULT):
        kept = [r for r in kept if r.kind != "accuracy"]
    if any(names_a_layer(word) for word in walk.words) and not (
        walk.counts_parameters and "total" in walk.words
    ):
        kept = [r for r in kept if r.kind != "parameters"]
    shares = [r.value for r in kept if not r.labelled and r.scale == "share"]
    if len(shares) > 1 and abs(sum(shares) - 1) < 0.001:  # train 80 %, test 20 %
        kept = [r for r in kept if r.labelled]
    return tuple(_with_split(r, kept, walk.said) for r in kept)


def _with_split(reading: Reading, all_of_line: list[Reading], said: set[Split]) -> Reading:
    """`acc 0.9 val_acc 0.8`: the first is of training. `72 % on the test set`: the only split of the line is meant."""
    if reading.split or reading.kind not in ("accuracy", "loss"):
        return reading
    same = [r for r in all_of_line if r.kind == reading.kind]
    if any(r.split in ("test", "validation") for r in same):
        return replace(reading, split="train")
    if reading.kind == "accuracy" and len(same) == 1 and len(said) == 1:
        return replace(reading, split=next(iter(said)))
    return reading
