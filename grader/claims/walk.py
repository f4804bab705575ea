"""One pass over the tokens of a line, in which labels wait for their numbers."""

from typing import Literal

from grader.claims.readings import FEWEST_PARAMETERS, LabelKind, Reading
from grader.claims.spans import (
    begins_bar,
    count_at,
    running_average,
    second_of_pair,
    share_of,
    text_at,
    unit_after,
)
from grader.claims.tokens import Token, decimal, whole
from grader.claims.words import (
    BATCH_WORDS,
    BEFORE_A_NUMBER,
    MAGNITUDES,
    SPLITS,
    epoch_in,
    meaning_of,
    names_another_rank,
)
from grader.schema.claims import Split

_JOINING = frozenset({"/", ",", "&", "and", "et"})  # "loss/acc", "train and test"
_BETWEEN_COUNT_AND_NAME = frozenset("trainable total learnable model entrainables of de".split())
_PERCENT = frozenset({"%", "percent", "pourcent", "pct"})


class Walk:
    """One pass over the tokens; labels wait for their number."""

    def __init__(self, tokens: list[Token], counts_parameters: bool, precision_is_accuracy: bool) -> None:
        self.tokens = tokens
        self.counts_parameters = counts_parameters
        self.precision_is_accuracy = precision_is_accuracy
        self.words = {part for token in tokens if token.kind == "word" for part in token.parts}
        self.readings: list[Reading] = []
        self.epochs: list[tuple[int, int | None]] = []
        self.labels: list[LabelKind] = []  # waiting for a number
        self.heading: LabelKind | None = None  # a label before the splits: "accuracy: train 0.9, test 0.7"
        self.splits: list[Split] = []
        self.bound: Split | None = None  # the split of a compound belongs to its own label alone
        self.bare: list[tuple[float, bool]] | None = (
            None  # after a bare split: numbers, and whether in percent
        )
        self.takes: Literal["", "other", "setting"] = ""  # the next number is of another label
        self.epoch_next: Literal["", "epoch", "epochs"] = ""
        self.step_at = -1  # place of the number of a batch: "step 100"
        self.in_bar = self.unfinished = False
        self.aside = self.said_aside = False
        self.percent = False  # "accuracy (%)"
        self.said: set[Split] = set()
        self.named: set[str] = set()
        self.percentages: list[float] = []  # numbers without a label
        self.ratios: list[float] = []
        self.before: tuple[int, int] | None = None  # the last unlabelled count and the place of its token

    def to_the_end(self) -> None:
        """Reads all tokens. `unfinished` then says that the line is of the middle of an epoch."""
        at = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.kind == "word":
                self._word(at, token)
            elif token.kind == "number":
                at = self._number(at, token)
            elif token.text == "%" and self.labels:
                self.percent = True
            elif token.text == ":" and self.takes == "setting":
                self.takes = ""
            at += 1
        self._close_bare()

    # words

    def _word(self, at: int, token: Token) -> None:
        number = epoch_in(token.text)
        if number is not None:
            self.epochs.append((number, None))
            return
        parts = token.parts
        joined = at > 1 and self.tokens[at - 1].text in _JOINING and self.tokens[at - 2].kind == "word"
        split = next((SPLITS[part] for part in parts if part in SPLITS), None)
        meanings = [self._meaning(part) for part in parts]
        if split:
            self.said.add(split)
        if "aside" in meanings:
            self.aside = self.said_aside = True
        label = next((m for m in meanings if m in ("accuracy", "loss", "parameters", "rate")), None)
        if names_another_rank(token.text):  # "top-5 97.8", "top-5 accuracy: 97.8"
            self._take("other")
            self.aside = True
        elif len(parts) > 1 and {"other", "setting"} & set(meanings):  # test_error, top5_acc, batch_size
            self._take("other")
        elif label:
            self._label(label, split, joined)  # type: ignore[arg-type]
        elif "epoch" in meanings or "epochs" in meanings:
            # num_epochs is a setting; an epoch's number follows `epoch` or `train_epoch`
            self._close_bare()
            alone = all(m in ("epoch", "epochs") or p in SPLITS for m, p in zip(meanings, parts, strict=True))
            self.epoch_next = ("epoch" if "epoch" in meanings else "epochs") if alone else ""
        elif split:
            self._split(split, joined)
        elif "other" in meanings or "setting" in meanings:
            self._take("other" if "other" in meanings else "setting")
            self.step_at = at + 1 if token.text in BATCH_WORDS else -1
        elif "no value" in meanings:
            self._used()
        elif token.text not in BEFORE_A_NUMBER:
            self._close_bare()
            self.epoch_next = ""
            self.step_at = at + 1 if token.text in BATCH_WORDS else -1
        if "parameters" in meanings and self.before and self._follows(self.before[1], at):
            self.named.add("parameters before")

    def _meaning(self, part: str) -> str | None:
        if part == "total" and self.counts_parameters:
            return "parameters"
        if part.startswith("precision") and not self.precision_is_accuracy:
            return "other"
        meaning = meaning_of(part)
        if meaning in ("weak", "accuracy"):
            self.named.add("accuracy")
        return meaning

    def _label(self, label: LabelKind, split: Split | None, joined: bool) -> None:
        self._close_bare()
        self.labels = [*self.labels, label] if joined and self.labels else [label]
        self.bound = split
        self.heading = None
        self.takes, self.epoch_next, self.percent = "", "", False

    def _split(self, split: Split, joined: bool) -> None:
        self._close_bare()
        self.splits = [*self.splits, split] if joined and self.splits else [split]
        if self.labels:
            self.heading = self.labels[0]
        elif self.heading:
            self.labels = [self.heading]
        else:
            self.bare = []
        self.epoch_next = ""

    def _take(self, kind: Literal["other", "setting"]) -> None:
        self._close_bare()
        self.takes, self.epoch_next = kind, ""

    # numbers

    def _number(self, at: int, token: Token) -> int:
        """Uses the number at this place. Returns the place of the last token that belongs to it."""
        percent = text_at(self.tokens, at + 1) in _PERCENT
        if percent and begins_bar(self.tokens, at):
            self.in_bar = True
            self.epoch_next = "epochs" if self.epoch_next == "epochs" else ""
            return at + 2
        second, end = second_of_pair(self.tokens, at)
        if self.epoch_next:
            plural, self.epoch_next = self.epoch_next == "epochs", ""
            number = decimal(token.text)
            total = whole(second.text) if second else None
            if number is not None and number.is_integer() and 0 <= number < 10**6:
                if not percent and (total or not plural):
                    self.epochs.append((int(number), total))
                return end
        if second and (text_at(self.tokens, at - 1) == "[" or self.in_bar or self.step_at == at):
            done, of = int(token.text), int(second.text)
            self.unfinished |= done < of - 1 and done < 0.99 * of
            self.in_bar = False
            return end
        if self.step_at == at:
            self.unfinished = True
            return at
        if not percent and not second and unit_after(self.tokens, at):
            return at
        if self.takes:
            self.takes, self.aside = "", False
            return at + percent
        if self.labels:
            return self._labelled(at, token, percent, second, end)
        self._unlabelled(at, token, percent, second)
        return end + percent

    def _labelled(self, at: int, token: Token, percent: bool, second: Token | None, end: int) -> int:
        label = self.labels[0]
        if label == "parameters":
            count, end = count_at(self.tokens, at)
            exact = not percent and not second and text_at(self.tokens, end + 1) not in MAGNITUDES
            if count is not None and exact and count >= FEWEST_PARAMETERS:
                self._found(Reading("parameters", None, float(count)))
            self._used()
            return end
        if second and label == "accuracy":
            share = share_of(token, second)
            if share is None:
                return end
            self._found(Reading("accuracy", self.split, share))
            self._used()
            return end
        value = decimal(token.text)
        if label == "accuracy" and value is not None and not token.negative:
            if value > 100:
                return at  # a number of images: "on the 10000 test images: 72 %"
            value, inner = (value, at) if percent else running_average(self.tokens, at, value)
            known = percent or self.percent
            scale: Literal["share", "unknown"] = "share" if known else "unknown"
            self._found(Reading("accuracy", self.split, value / 100 if known else value, scale))
            self._used()
            return inner + percent
        if label in ("loss", "rate") and value is not None and not percent:
            value, at = running_average(self.tokens, at, value)
            split = self.split if label == "loss" else None
            self._found(Reading(label, split, -value if token.negative else value))
        self._used()
        return at + percent

    def _unlabelled(self, at: int, token: Token, percent: bool, second: Token | None) -> None:
        value = None if token.negative else decimal(token.text)
        share = share_of(token, second) if second else None
        if share is not None:
            self.ratios.append(share)
            if self.bare is not None:
                self.bare.append((100 * share, True))
        elif percent and value is not None and value <= 100:
            self.percentages.append(value)
            if self.bare is not None:
                self.bare.append((value, True))
        elif not second and value is not None and self.bare is not None and value <= 100:
            self.bare.append((value, False))
        count, _ = count_at(self.tokens, at)
        if count is not None and not percent and text_at(self.tokens, at + 1) not in MAGNITUDES:
            self.before = (count, at)

    # the numbers found

    def _follows(self, number: int, at: int) -> bool:
        between = self.tokens[number + 1 : at]
        return at - number <= 8 and all(
            t.kind == "number" or t.text in _BETWEEN_COUNT_AND_NAME for t in between
        )

    @property
    def split(self) -> Split | None:
        """The split that a number here belongs to."""
        return self.bound or (self.splits[0] if self.splits else None)

    def _found(self, reading: Reading) -> None:
        if not self.aside:
            self.readings.append(reading)
        self.aside = False

    def _used(self) -> None:
        """The waiting label had its number."""
        self.labels = self.labels[1:]
        self.bound, self.percent = None, False
        if len(self.splits) > 1 and not self.labels:
            self.splits = self.splits[1:]
            self.labels = [self.heading] if self.heading else []

    def _close_bare(self) -> None:
        numbers, self.bare = self.bare or [], None
        percentages = [value for value, percent in numbers if percent]
        if len(percentages) == 1:
            self._found(Reading("accuracy", self.split, percentages[0] / 100, labelled=False))
        elif len(numbers) == 1:
            self._found(Reading("accuracy", self.split, numbers[0][0], "unknown", labelled=False))
