"""The words that say what a number is, English and French, folded (lower case, no accents)."""

import re
from typing import Literal

from grader.schema.claims import Split

Meaning = Literal[
    "accuracy",
    "loss",
    "parameters",
    "rate",
    "epoch",
    "epochs",
    "other",
    "setting",
    "aside",
    "weak",
    "no value",
]

SPLITS: dict[str, Split] = {
    **dict.fromkeys("train training trn entrainement apprentissage app".split(), "train"),
    **dict.fromkeys("test testing tests tst heldout".split(), "test"),
    **dict.fromkeys("val valid validation valide dev".split(), "validation"),
}

_WORDS: dict[Meaning, str] = {
    "accuracy": "acc accs accu accuracy accuracies accuracys exactitude justesse reussite prec precision precisions "
    "score scores goodanswers",
    "loss": "loss losses perte pertes cost cout nll entropie criterion",
    "parameters": "param params parameter parameters parametre parametres poids weights",
    "rate": "lr",
    "epoch": "epoch epoque ep",
    "epochs": "epochs epoques",
    # numbers of ours that are not the final ones: the best epoch, frozen parameters
    "aside": "best max min meilleur meilleure meilleurs maximum maximale minimum highest record non frozen geles",
    "weak": "correct correctly right juste justes corrects correctes correctement reconnues reconnus",
    "no value": "nan inf infinity none",
    # labels of numbers that are none of ours: they take the next number, so that it goes to no other label
    "other": "time temps duree elapsed eta error err erreur recall rappel f1 std sd auc map iou support memory mem "
    "gpu gamma alpha version seed size taille dice silhouette",
    # the same, where the number follows directly: "accuracy with dropout 0.5: 82 %", "accuracy with dropout: 82 %"
    "setting": "momentum dropout wd decay batch batches step steps iter iteration iterations p",
}
_MEANINGS = {word: meaning for meaning, words in _WORDS.items() for word in words.split()}

BATCH_WORDS = frozenset("batch step iter iteration it lot minibatch".split())
UNITS = frozenset(  # after a number: it counts or times something
    "s sec secs second seconds seconde secondes ms us min mins minute minutes h mn it its images image samples sample "
    "examples exemples donnees classes epochs epoques batches steps mb mib gb gib kb px points point couches layers "
    "run runs essais fold folds seed seeds workers gpus filters filtres model models modeles networks reseaux".split()
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
_RANK = re.compile(r"(?:top|acc|accuracy|prec|precision|hit|p)[@-]?([1-9])(?![a-z0-9])")
_FIRST_RANK = frozenset(
    f"{word}{sign}1" for word in ("top", "acc", "accuracy", "prec", "precision") for sign in ("", "@", "-")
)
_EPOCH_AND_NUMBER = re.compile(r"(?:epochs?|epoques?|ep)-?([0-9]{1,6})")

_PHRASES = [
    (re.compile(r"learning[ _-]rates?|taux d.apprentissage|pas d.apprentissage"), "lr"),
    (re.compile(r"bonnes? (?:reponses?|predictions?|classifications?)|bien classe(?:e?s?)\b"), "goodanswers"),
    (re.compile(r"taux de (?:reussite|reconnaissance|succes)"), "goodanswers"),
    (re.compile(r"cross[ _-]entropy|entropie croisee"), "loss"),
    (re.compile(r"held[ _-]out"), "heldout"),
    (re.compile(r"\b(f1|auc|iou|dice|recall|rappel|precision|silhouette)[ _-]scores?\b"), r"\1"),
    (re.compile(r"\btop (?=[1-9]\b(?![.,][0-9]))"), "top-"),
]


def with_phrases_joined(line: str) -> str:
    """The folded line with phrases of several words as one word."""
    for phrase, word in _PHRASES:
        line = phrase.sub(word, line)
    return line


def meaning_of(word: str) -> Meaning | None:
    """What a word, without `_`, announces."""
    return "accuracy" if word in _FIRST_RANK else _MEANINGS.get(word)


def names_another_rank(word: str) -> bool:
    """`top-5`, `prec@5`, `top5_acc`: right among the first k answers, k not 1."""
    found = _RANK.match(word)
    return found is not None and found[1] != "1"


def epoch_in(word: str) -> int | None:
    """The number in `epoch3`."""
    found = _EPOCH_AND_NUMBER.fullmatch(word)
    return int(found[1]) if found else None


def names_a_layer(word: str) -> bool:
    return _LAYER.fullmatch(word) is not None
