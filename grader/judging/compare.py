"""Two lists of units side by side: which belong together, and in what they differ."""

from dataclasses import dataclass

from grader.judging.units import Unit
from grader.schema.result import LayerRow

GAP = 1.0  # cost of a missing or an extra unit
DIFFERS, EACH = 0.3, 0.15  # cost of a pair that differs, and of each setting that does
OTHER_POOL = 0.5  # max against average pooling: the same place in the network
NAMES = {"channels": "channels", "features": "units", "kernel": "kernel", "output": "output size"}


@dataclass(frozen=True)
class Pair:
    """One row of the table. Either side may be None."""

    name: str  # the statement's name; "" for an extra unit
    expected: Unit | None
    found: Unit | None
    differences: tuple[str, ...]  # "padding 1, expected 2"

    @property
    def equal(self) -> bool:
        return self.expected is not None and self.found is not None and not self.differences


def size(value: object) -> str:
    return (
        f"{value[0]} x {value[1]}" if isinstance(value, tuple) and value[0] != value[1] else str(first(value))
    )


def first(value: object) -> object:
    return value[0] if isinstance(value, tuple) else value


def differences(expected: Unit, found: Unit) -> tuple[str, ...]:
    """What a student would have to change in `found`, in words; sizes that follow from earlier layers are not listed."""
    found_words: list[str] = []
    if expected.kind != found.kind:
        found_words.append(f"{kind_words(found.kind)}, expected {kind_words(expected.kind)}")
    for name in (n for n in expected.settings if n in found.settings):
        if expected.settings[name] != found.settings[name]:
            words = NAMES.get(name, name)
            found_words.append(
                f"{words} {size(found.settings[name])}, expected {size(expected.settings[name])}"
            )
    if (
        not found_words
        and "pool" in expected.kind
        and expected.inputs == found.inputs
        and expected.shape != found.shape
    ):
        found_words.append(
            f"output {shape_words(found)}, expected {shape_words(expected)}"
        )  # rounded down, not up
    if expected.activation != found.activation:
        wanted = words_of_activation(expected.activation)
        found_words.append(f"{words_of_activation(found.activation)}, expected {wanted}")
    return tuple(found_words)


def words_of_activation(name: str) -> str:
    return {"": "no activation", "relu": "ReLU"}.get(name, name.replace("relu", "ReLU"))


def kind_words(kind: str) -> str:
    return {
        "conv": "convolution",
        "max_pool": "max pooling",
        "avg_pool": "average pooling",
        "linear": "fully connected",
    }.get(kind, kind.replace("_", " "))


def cost(expected: Unit, found: Unit) -> float:
    if expected.kind != found.kind:
        pools = {expected.kind, found.kind} <= {"max_pool", "avg_pool"}
        return OTHER_POOL + EACH * (len(differences(expected, found)) - 1) if pools else 2 * GAP + 1
    count = len(differences(expected, found))
    return DIFFERS + EACH * count if count else 0.0


def align(expected: list[Unit], found: list[Unit], names: tuple[str, ...]) -> list[Pair]:
    """The cheapest alignment (edit distance over units)."""
    rows, columns = len(expected) + 1, len(found) + 1
    best = [[0.0] * columns for _ in range(rows)]
    for i in range(rows):
        for j in range(columns):
            options = []
            if i and j:
                options.append(best[i - 1][j - 1] + cost(expected[i - 1], found[j - 1]))
            if i:
                options.append(best[i - 1][j] + GAP)
            if j:
                options.append(best[i][j - 1] + GAP)
            best[i][j] = min(options, default=0.0)
    pairs: list[Pair] = []
    i, j = rows - 1, columns - 1
    while i or j:
        if i and j and best[i][j] == best[i - 1][j - 1] + cost(expected[i - 1], found[j - 1]):
            i, j = i - 1, j - 1
            pairs.append(Pair(names[i], expected[i], found[j], differences(expected[i], found[j])))
        elif i and best[i][j] == best[i - 1][j] + GAP:
            i -= 1
            pairs.append(Pair(names[i], expected[i], None, ("missing",)))
        else:
            j -= 1
            pairs.append(Pair("", None, found[j], ("not in the table",)))
    return pairs[::-1]


def describe(unit: Unit | None) -> str:
    """One line: `conv 32, 5 x 5, stride 1, padding 2, ReLU`."""
    if unit is None:
        return ""
    s = unit.settings
    if unit.kind == "conv":
        text = f"conv {s['channels']}, {dims(s['kernel'])}, stride {size(s['stride'])}, padding {size(s['padding'])}"
        text += f", dilation {size(s['dilation'])}" if s["dilation"] != (1, 1) else ""
        text += f", groups {s['groups']}" if s["groups"] != 1 else ""
    elif unit.kind in ("max_pool", "avg_pool"):
        text = f"{kind_words(unit.kind)} {dims(s['kernel'])}, stride {size(s['stride'])}"
        text += f", padding {size(s['padding'])}" if s["padding"] != (0, 0) else ""
    elif unit.kind == "linear":
        text = f"fully connected {s['features']}"
    else:
        text = kind_words(unit.kind)
    return text + (f", {words_of_activation(unit.activation)}" if unit.activation else "")


def dims(value: tuple[int, int]) -> str:
    return f"{value[0]} x {value[1]}"


def shape_words(unit: Unit | None) -> str:
    return "" if unit is None else " x ".join(str(n) for n in unit.shape)


def table(pairs: list[Pair]) -> tuple[LayerRow, ...]:
    """Rows for the feedback page."""
    rows = []
    for pair in pairs:
        verdict = (
            "equal"
            if pair.equal
            else "extra"
            if pair.expected is None
            else "missing"
            if pair.found is None
            else "differs"
        )
        rows.append(
            LayerRow(
                name=pair.name,
                expected=describe(pair.expected),
                expected_shape=shape_words(pair.expected),
                expected_parameters=pair.expected.parameters if pair.expected else None,
                found=describe(pair.found),
                found_shape=shape_words(pair.found),
                found_parameters=pair.found.parameters if pair.found else None,
                verdict=verdict,
                note="" if pair.equal else "; ".join(pair.differences),
            )
        )
    return tuple(rows)
