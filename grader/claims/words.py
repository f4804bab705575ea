"""The words that say what a number is, English and French, folded (lower case, no accents)."""

import re
from typing import Literal

from grader.schema.claims import Split

Meaning = Literal[
    "accuracy", "loss", "parameters", "rate", "epoch", "epochs", "other", "best", "weak", "not_a_value"
]

SPLITS: dict[str, Split] = {
    **dict.fromkeys("train training trn entrainement apprentissage app".split(), "train"),
    **dict.fromkeys("test testing tests tst heldout".split(), "test"),
    **dict.fromkeys("val valid validation valide dev".split(), "validation"),
}

_MEANINGS: dict[str, Meaning] = {
    **dict.fromkeys(
        "acc accs accu accuracy accuracies accuracys exactitude justesse reussite prec precision".split(),
        "accuracy",
    ),
    **dict.fromkeys("precisions score scores top1 acc1 prec1 goodanswers".split(), "accuracy"),
    **dict.fromkeys("loss losses perte pertes cost cout nll entropie criterion".split(), "loss"),
    **dict.fromkeys(
        "param params parameter parameters parametre parametres poids weights".split(), "parameters"
    ),
    **dict.fromkeys("lr learningrate".split(), "rate"),
    **dict.fromkeys("epoch epoque ep".split(), "epoch"),
    **dict.fromkeys("epochs epoques".split(), "epochs"),
    **dict.fromkeys("best max meilleur meilleure meilleurs maximum maximale highest record".split(), "best"),
    **dict.fromkeys(
        "correct correctly right juste justes corrects correctes correctement reconnues reconnus".split(),
        "weak",
    ),
    **dict.fromkeys("nan inf infinity none".split(), "not_a_value"),
    # labels of numbers that are none of ours: they take the next number, so that it is given to no other label
    **dict.fromkeys(
        "time temps duree elapsed eta error err erreur recall rappel f1 momentum dropout".split(), "other"
    ),
    **dict.fromkeys(
        "wd decay size taille seed std sd threshold seuil auc map iou support memory mem gpu".split(), "other"
    ),
    **dict.fromkeys(
        "batch batches step steps iter iteration iterations it lot version min gamma alpha".split(), "other"
    ),
    **dict.fromkeys("non frozen patience".split(), "other"),
}

BATCH_WORDS = frozenset("batch step iter iteration it lot minibatch".split())
UNITS = frozenset(  # after a number: it counts or times something
    "s sec secs second seconds seconde secondes ms us min mins minute minutes h mn it its images image samples sample "
    "examples exemples donnees classes epochs epoch epoques epoque batches batch steps mb mib gb gib kb px points point "
    "couches layers".split()
)
BEFORE_A_NUMBER = frozenset("n no nr num number numero".split())  # "epoch no. 3"
MAGNITUDES = frozenset("m k b million millions mio thousand milliers".split())  # a rounded count

# A line with one of these does not state what a network reached.
NO_RESULT = frozenset(
    "improvement improved improves gain increase increased difference better target expected cible objectif attendu "
    "attendue patience threshold seuil chance hasard".split()
)
CLASS_NAMES = frozenset(  # accuracy of one class, not of the network
    "class classe plane airplane car automobile bird cat cats deer dog dogs frog horse ship truck avion voiture oiseau "
    "chat chats cerf chien chiens grenouille cheval bateau camion".split()
)
_LAYER = re.compile(
    r"conv\w*|relu\w*|pool\w*|maxpool\w*|avgpool\w*|adaptiveavgpool\w*|linear\w*|fc\w*|dense\w*|flatten\w*|bn\d*"
    r"|batchnorm\w*|batch_norm\w*|dropout\w*|features|classifier|sequential\w*|softmax\w*|bias|weight"
)
_RANK = re.compile(r"(?:top|acc|accuracy|prec|precision|hit|p)[@-]?([1-9])")
_EPOCH_AND_NUMBER = re.compile(r"(?:epochs?|epoques?|ep)-?([0-9]{1,6})")

_PHRASES = [
    (re.compile(r"learning[ _-]rates?|taux d.apprentissage|pas d.apprentissage"), "lr"),
    (re.compile(r"bonnes? (?:reponses?|predictions?|classifications?)|bien classe(?:e?s?)\b"), "goodanswers"),
    (re.compile(r"taux de (?:reussite|reconnaissance|succes)"), "goodanswers"),
    (re.compile(r"cross[ _-]entropy|entropie croisee"), "loss"),
    (re.compile(r"held[ _-]out"), "heldout"),
    (re.compile(r"\btop (?=[1-9]\b(?![.,][0-9]))"), "top-"),
]


def with_phrases_joined(line: str) -> str:
    """The folded line with phrases of several words as one word."""
    for phrase, word in _PHRASES:
        line = phrase.sub(word, line)
    return line


def meaning_of(word: str) -> Meaning | None:
    """What a word, without `_`, announces."""
    rank = _RANK.fullmatch(word)
    if rank:
        return "accuracy" if rank[1] == "1" else "other"
    return _MEANINGS.get(word)


def epoch_in(word: str) -> int | None:
    """The number in `epoch3`."""
    found = _EPOCH_AND_NUMBER.fullmatch(word)
    return int(found[1]) if found else None


def names_a_layer(word: str) -> bool:
    return _LAYER.fullmatch(word) is not None
