"""What a heading of the comparison table announces, English and French."""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from grader.claims.durations import unit_of
from grader.claims.text import folded
from grader.schema.claims import Column

Kind = Column | Literal["name", "other"]

LONGEST_HEADING = 120  # characters
_TIME = re.compile(r"(?:time|temps?|tps|durees?|durations?|runtime|chrono\w*)")
_TIME_UNIT = re.compile(r"(?:s|secs?|seconds?|secondes?|mins?|minutes?|ms|h|hours?|heures?)")
_EPOCH = re.compile(r"(?:ep|epochs?|epoques?|epoc|epoche)")
_PER = frozenset("per par une an each chaque s sec min ms".split())  # a part of "time per epoch"
_ACCURACY = re.compile(
    r"(?:acc|accu\w*|acur\w*|accr?a\w*|prec|precis\w*|exactitude|justesse|scores?|reussite|reconnaissance|perf\w*"
    r"|correct\w*|bonnes?|top1|success|succes)"
)
_PARAMETERS = re.compile(r"#?(?:n|nb|num|total|trainable)?(?:params?|para?met\w*|weights?|poids)")
_WEIGHTS = frozenset("weight weights poids".split())  # may be a name of pretrained weights
_NUMBERED = frozenset("n nb nbr nbre num number nombre numbers count counts # no total tot all".split())
_TRAINABLE = re.compile(
    r"(?:train+|entrain|entran|appren|appris|learn|optimi[sz]|ajust|tun|updat|actif|active|degel|unfr|modifi)\w*"
)
_ABLE = re.compile(r"(?:train+|learn|tun|entr[ai]+n|appren)\w*ables?")
_ALL = frozenset("total totale totaux tot all tous global full overall entire ensemble cumule".split())
_NOT = frozenset(
    "non not frozen freezed geles gele gelees figes figees fixed fixes untrainable nontrainable ratio fraction part "
    "proportion pourcentage percentage percent %".split()
)
_WRONG = re.compile(
    r"(?:err|errors?|erreurs?|loss|losses|pertes?|gain\w*|improve\w*|diff\w*|ecart|std|f1|recall|rappel|auc|inference"
    r"|inferance|prediction|eta|memory|memoire|macs|flops|gflops|speedup)"
)
_TRAIN = re.compile(r"(?:train(?!able)|entrain(?!able)|apprentissage|app(?![a-z]))\w*")
_TEST = re.compile(r"(?:test\w*|tst|heldout)")
_VALIDATION = re.compile(r"(?:val|valid\w*|dev|eval\w*)")
_NAME = re.compile(
    r"(?:models?|modeles?|networks?|reseaux?|nets?|approach\w*|approches?|methode?s?|modes?|modalites?|strateg\w*|archi\w*"
    r"|backbones?|cnns?[0-9]?|noms?|names?|techniques?|types?|config\w*|experi\w*|exp|runs?|variants?e?s?|settings?|cas"
    r"|cases?|versions?|transfer\w*|transfert|pretrain\w*|scenarios?|initiali[sz]ation|init|training|entrainement|label)"
)
_OTHER = re.compile(
    r"(?:lr|rate|optim\w*|batch\w*|best|meilleur\w*|size|taille|layers?|couches?|remarks?|remarques?|comment\w*|notes?"
    r"|scheduler|device|gpu|images?|resolution|seed|depth|mb|mo|dropout|momentum|wd)"
)
_OF = r"[\(\[]\s?(?:in |en |[x×] ?)?(?:{0})\s?[\)\]]|(?<![a-z])(?:in|en|[x×]) ?(?:{0})(?![a-z])"
_MILLIONS = re.compile(_OF.format(r"m|mio|millions?|10 ?\^?6|1?e6"))  # "(M)", "in millions"
_THOUSANDS = re.compile(_OF.format(r"k|milliers?|thousands?|10 ?\^?3|1?e3"))
_OTHER_RANK = re.compile(r"(?:top|acc|prec|hits?)[ @-]?[2-9](?![0-9])")
_AND = r"\w* ?(?:[/&+,|]|and |et )? ?"
_BOTH = re.compile(rf"(?:train|entrain){_AND}(?:test|val)|(?:test|val){_AND}(?:train|entrain)")


@dataclass(frozen=True, slots=True)
class Heading:
    """`rank`: which of several such columns is meant. `unit`: seconds. `scale`: a power of ten. `percent`: it says so."""

    kind: Kind
    rank: int = 0
    unit: float = 1.0
    scale: int = 0
    percent: bool = False


@lru_cache(maxsize=4096)
def heading_of(text: str) -> Heading | None:
    """None where it is not told: no known word, or two columns' words in one."""
    line = folded(text[:LONGEST_HEADING]).replace("_", " ")
    words = [word for word in re.split(r"[^a-z0-9%#@]+", line) if word]
    if not words:
        return Heading("name") if not text.strip(" .:#") else None
    if words in (["unnamed", "0"], ["index"]):
        return Heading("name")
    times = [word for word in words if _TIME.fullmatch(word)]
    accuracies = [word for word in words if _ACCURACY.fullmatch(word)]
    counts = [word for word in words if _PARAMETERS.fullmatch(word)]
    trainable = [word for word in words if _TRAINABLE.fullmatch(word)]
    per_epoch = any(_EPOCH.fullmatch(word) for word in words)
    in_unit = _TIME_UNIT.fullmatch(words[0]) and (
        per_epoch or (len(words) < 3 and words[0].startswith("sec"))
    )
    in_unit = in_unit or (
        words[0] == "t" and (per_epoch or len(words) == 1 or _TIME_UNIT.fullmatch(words[1]))
    )
    if not times and in_unit:  # "s/epoch", "seconds", "t [s]"
        times = words[:1]
    if set(counts) <= _WEIGHTS and not trainable and not _NUMBERED & set(words):
        counts = []
    if not counts and any(_ABLE.fullmatch(word) for word in words):
        counts = words[:1]
    if (len(accuracies) > 1 and "top1" not in words) or len(counts) > 1 or len(times) > 1:
        return None
    if bool(times) + bool(accuracies) + bool(counts) > 1:
        return None
    wrong = any(_WRONG.fullmatch(word) for word in words) or _OTHER_RANK.search(line) is not None
    if times:
        return _time(words, per_epoch, wrong)
    if counts:
        return _count(line, words, bool(trainable), wrong)
    return _accuracy(line, words, bool(accuracies), wrong) or _rest(line, words, wrong, per_epoch)


def _time(words: list[str], per_epoch: bool, wrong: bool) -> Heading:
    whole = _ALL & set(words)
    tested = any(_TEST.fullmatch(word) for word in words) and not any(
        _TRAIN.fullmatch(word) for word in words
    )
    several = any(a.isdigit() and _EPOCH.fullmatch(b) for a, b in pairwise(words) if a != "1")
    if wrong or several or ((whole or tested) and not per_epoch):
        return Heading("other")
    unit = next((unit for word in words[1:] if (unit := unit_of(word)) is not None), unit_of(words[0]))
    return Heading("seconds", rank=1 + per_epoch, unit=unit or 1.0)


def _count(line: str, words: list[str], trainable: bool, wrong: bool) -> Heading:
    if wrong or _NOT & set(words) or (_ALL & set(words) and not trainable):
        return Heading("other")
    scale = 6 if _MILLIONS.search(line) else 3 if _THOUSANDS.search(line) else 0
    return Heading("trainable", rank=1 + trainable, scale=scale)


def _accuracy(line: str, words: list[str], named: bool, wrong: bool) -> Heading | None:
    if wrong or _BOTH.search(line):
        return Heading("other") if wrong else None
    test = any(_TEST.fullmatch(word) for word in words)
    train = any(_TRAIN.fullmatch(word) for word in words)
    validation = any(_VALIDATION.fullmatch(word) for word in words)
    alone = len([word for word in words if word != "%"]) == 1
    if not named and not (alone and (test or validation or train)):
        return None
    if (train and not test and not validation) or (not named and not test):
        return Heading("name" if alone and train else "other")
    best = any(word in ("best", "meilleure", "max") for word in words)
    rank = 2 * (1 if validation and not test else 3 if test and named else 2 if named else 0) - best
    return Heading("accuracy", rank=rank, percent="%" in line or "pourcent" in line or "percent" in line)


def _rest(line: str, words: list[str], wrong: bool, epochs: bool) -> Heading | None:
    if wrong or any(_OTHER.fullmatch(word) for word in words):
        return Heading("other")
    named = any(_NAME.fullmatch(word) for word in words)
    if named:
        return Heading("name")
    return Heading("other") if epochs and not _PER & set(words) and "/" not in line else None
