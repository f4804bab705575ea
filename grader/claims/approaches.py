"""Which of the three approaches, and which network, a row's label names."""

import re
from functools import lru_cache

from grader.claims.text import folded
from grader.schema.claims import Mode

LONGEST_LABEL = 160  # characters

_MODES: tuple[tuple[tuple[Mode, str], ...], ...] = (  # a rank decides if it names exactly one approach
    (
        (
            "from_scratch",
            r"scratch|scrath|(?<![a-z])(?:from|de|depuis|a partir de|partir de) ?(?:zero|0)(?![0-9])|ex nihilo"
            r"|(?:random|aleatoire)\w* (?:init\w*|weights?)|(?:init\w*|poids) (?:random|aleatoires?)"
            r"|weights ?= ?none",
        ),
        (
            "feature_extraction",
            r"feat[a-z.]* ?ex|extract|extr[a-z]*\.? (?:de )?(?:feat|carac)|(?<![a-z])f\.?e(?![a-z])"
            r"|fea[a-z]*(?: [a-z]{0,3})?\.\.|lin(?:ear|eaire) prob\w*|sonde lineaire",
        ),
        (
            "finetuning",
            r"fine? ?-?tun|finet|fine? ?\.\.|fintun|(?<![a-z])f\.?t(?![a-z])|reglage fin"
            r"|ajuste(?:ment|e?s?(?![a-z]))|affin(?:age|e)",
        ),
    ),
    (
        (
            "finetuning",
            r"unfr(?:ee|o)z\w*|(?:not|non|pas|sans|un) ?(?:frozen|freez\w*|gele\w*|gel|fige\w*)|de ?gel\w*|defige\w*"
            r"|partial\w* (?:frozen|fr[eo]\w*)|partiel\w* (?:gele|fige)\w*",
        ),
        (
            "from_scratch",
            r"(?:non|not|sans|un|no) ?pre ?(?:train|entrain)\w*|(?:without|no|sans) (?:transfer\w*|transfert)",
        ),
    ),
    (
        (
            "feature_extraction",
            r"fr(?:oz|eez|ooz)\w*|gele\w*|(?<![a-z])gels?(?![a-z])|fige\w*|(?:fixed|fixe) (?:feat|back|base|tronc)\w*"
            r"|(?:head|tete|classifi\w*|fc) (?:only|seule?\w*|uniquement)|(?:only|seule?) (?:the |la )?(?:head|tete)"
            r"|(?:last|derniere) (?:layer|couche)",
        ),
    ),
    (
        (
            "finetuning",
            r"(?:all|toutes) (?:the |les )?(?:layers|couches)|(?<![a-z])re ?(?:train|entrain)\w*|end to end|dernier bloc"
            r"|last block",
        ),
    ),
    (
        (
            "from_scratch",
            r"(?<![a-z])le ?net|(?<![a-z])(?:lab|tp) ?(?:n ?)?0?1(?![0-9])|custom|maison|home ?made|conv ?net(?![a-z0-9])"
            r"|(?:my|own|simple|small|petit|notre|our|mon) ?(?:cnn|net|network|reseau|model)",
        ),
    ),
)
_TESTS = tuple(tuple((mode, re.compile(words)) for mode, words in rank) for rank in _MODES)
_OF_A_NETWORK: tuple[tuple[Mode, re.Pattern[str]], ...] = (  # beside its name only
    (
        "feature_extraction",
        re.compile(
            r"(?!.*(?<![a-z])(?:new|custom|own|my|with|and|et|avec|nouv\w*|repla\w*|rempla\w*)(?![a-z]))"
            r"\S+(?: \S+){0,2} (?:head|tete|fc|classifie?u?r)"
        ),
    ),
    (
        "finetuning",
        re.compile(
            r".*(?<![a-z])(?:everything|all|full|whole|entire|tout|entier|complet)(?! ?(?:train|entrain|scratch))(?![a-z]).*"
        ),
    ),
)
_DENIED = re.compile(
    r"(?<![a-z])(?:no|not|without|sans|pas de|non|vs\.?|versus) (?:fine ?-?tun\w*|feat\w* ?extract\w*|extract\w*)"
)
_RANDOM = re.compile(r"(?:pre ?(?:train|entrain)|transfer)[a-z ]* ?= ?(?:false|no|non|none)(?![a-z])")
_SET_FALSE = re.compile(r"(?:feat\w* ?extract\w*|fr[eo]e?z\w*|gele\w*) ?=? ?(?:false|no|non)(?![a-z])")
_PRETRAINED = re.compile(r"(?<![a-z])pre ?(?:train|entrain)|transfer")
_SEPARATORS = re.compile(r"[\s_\-–—/|:+,;()\[\]]+")

_GAP = r"[\s_.\-–(/]*"
_NETWORKS: tuple[tuple[str, str, str], ...] = (  # family, its name, and what may follow it exactly
    ("resnet", rf"wide{_GAP}res{_GAP}net", "wide_resnet50_2|wide_resnet101_2"),
    ("resnext", rf"res{_GAP}next", "resnext50_32x4d|resnext101_32x8d|resnext101_64x4d"),
    ("resnet", rf"res{_GAP}net", "resnet18|resnet34|resnet50|resnet101|resnet152"),
    ("squeezenet", rf"squee[sz]e?{_GAP}net", "squeezenet1_0|squeezenet1_1"),
    ("alexnet", rf"alex{_GAP}net", "alexnet"),
    ("vgg", "vgg", "vgg11_bn|vgg13_bn|vgg16_bn|vgg19_bn|vgg11|vgg13|vgg16|vgg19"),
    ("densenet", rf"dense{_GAP}net", "densenet121|densenet161|densenet169|densenet201"),
    ("mobilenet", rf"mobile{_GAP}net", "mobilenet_v2|mobilenet_v3_small|mobilenet_v3_large"),
    (
        "efficientnet",
        rf"eff?icient{_GAP}net",
        "efficientnet_v2_s|efficientnet_v2_m|efficientnet_v2_l|"
        + "|".join(f"efficientnet_b{n}" for n in range(8)),
    ),
    ("googlenet", rf"google?{_GAP}l?e?net", "googlenet"),
    ("inception", "inception", "inception_v3"),
    (
        "shufflenet",
        rf"shuffle{_GAP}net",
        "shufflenet_v2_x0_5|shufflenet_v2_x1_0|shufflenet_v2_x1_5|shufflenet_v2_x2_0",
    ),
    ("mnasnet", rf"mnas{_GAP}net", "mnasnet0_5|mnasnet0_75|mnasnet1_0|mnasnet1_3"),
    ("regnet", rf"reg{_GAP}net", ""),
    ("convnext", rf"conv{_GAP}next", "convnext_tiny|convnext_small|convnext_base|convnext_large"),
    ("vit", r"(?<![a-z])vit(?![a-z])", "vit_b_16|vit_b_32|vit_l_16|vit_l_32"),
    ("swin", r"(?<![a-z])swin", "swin_v2_t|swin_v2_s|swin_v2_b|swin_t|swin_s|swin_b"),
)


def _following(family: str, exact: str) -> re.Pattern[str]:
    """What follows the family's name in an exact one: `18`, `v` and `1.1`, `16` and `bn`, in any writing."""
    parts = [
        p for p in re.split(r"_|(?<=[a-z])(?=[0-9])", exact.removeprefix("wide_").removeprefix(family)) if p
    ]
    inner = _GAP.join(rf"{re.escape(part)}(?![0-9])" if part.isdigit() else re.escape(part) for part in parts)
    end = "(?![0-9])" if exact[-1].isdigit() else "(?![a-z0-9])"
    return re.compile(rf"{_GAP}(?:v(?=[\s.]*[0-9]))?{_GAP}{inner}{end}")


_EXACT = tuple(
    (family, re.compile(name), tuple((e, _following(family, e)) for e in exact.split("|") if e))
    for family, name, exact in _NETWORKS
)


@lru_cache(maxsize=4096)
def mode_of(label: str) -> Mode | None:
    """The approach that a label names, English or French; None if it names none, or several."""
    line = folded(label[:LONGEST_LABEL])
    text = _SET_FALSE.sub("finetuning", _DENIED.sub(" ", _SEPARATORS.sub(" ", line))).strip()
    if _RANDOM.search(text):
        return "from_scratch"
    for rank in _TESTS:
        if rank is _TESTS[-1] and (
            network_of(label) or _PRETRAINED.search(text)
        ):  # "my ResNet", "custom head"
            return next((mode for mode, words in _OF_A_NETWORK if words.fullmatch(text)), None)
        named = {mode for mode, words in rank if words.search(text)}
        if named:
            return named.pop() if len(named) == 1 else None
    return None


@lru_cache(maxsize=4096)
def network_of(label: str) -> str | None:
    """Torchvision's name if the label names one exactly, else the family; None if it names none, or several."""
    text = label[:LONGEST_LABEL].lower()
    exact: set[str] = set()
    families: set[str] = set()
    for family, name, variants in _EXACT:
        for found in name.finditer(text):
            families.add(family)
            exact.update([variant for variant, rest in variants if rest.match(text, found.end())][:1])
        text = name.sub(" ", text) if family in families else text
    if len(families) != 1 or len(exact) > 1:
        return None
    return exact.pop() if exact else families.pop()
