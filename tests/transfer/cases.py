"""Hand-ins of the lab `transfer` in many styles, with their outputs as their authors got them, and their mutants.

A cell `# %% [output]` holds in comments what the code cell above it gave: text, or HTML when it begins with `<`. A second
word says how it came: `[output stderr]`, or `[output result]` for the value of a cell's last line. Several may follow one
code cell. A cell `# %% [cleared]` is an output that was removed before the notebook was handed in.
"""

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_output

from grader import profiles
from tests.harness import as_notebook
from tests.mutations import Mutant, read_mutants

NOTEBOOKS = Path(__file__).parent / "notebooks"
MUTANTS_FILE = Path(__file__).with_name("mutants.toml")

CHECKS = frozenset(
    {
        "from_scratch.mode",
        "from_scratch.training",
        "feature_extraction.first",
        "feature_extraction.second",
        "finetuning.first",
        "finetuning.second",
        "table.rows",
        "table.parameters",
        "table.epochs",
        "table.measures",
        "outputs.stored",
    }
)


@dataclass(frozen=True)
class Variant:
    """A hand-in that deserves full points: its two networks (CNN1, CNN2), the epochs of each of its trainings, and how many
    parameters were trained: from scratch, CNN1 by feature extraction, CNN1 by finetuning, CNN2 likewise."""

    description: str
    networks: tuple[str, str]
    epochs: int
    parameters: tuple[int, int, int, int, int]


VARIANTS: dict[str, Variant] = {
    "amp_onecycle_french": Variant(
        "autocast, GradScaler, OneCycleLR, F.interpolate in the loops; everything printed by one cell; French",
        ("squeezenet1_1", "vgg11_bn"),
        8,
        (466_122, 5_130, 727_626, 250_890, 9_476_874),
    ),
    "copy_paste_cells": Variant(
        "one loop copied into five cells, .cuda() everywhere, no function; from scratch comes last",
        ("alexnet", "resnet18"),
        5,
        (1_191_170, 40_970, 57_044_810, 5_130, 11_181_642),
    ),
    "early_stopping": Variant(
        "patience, best weights as a deep copy; one training in a shortened rerun ends before another; a row `baseline`",
        ("squeezenet1_1", "resnet18"),
        8,
        (33_194, 5_130, 727_626, 5_130, 11_181_642),
    ),
    "extra_densenet": Variant(
        "initialize_model of the tutorial; DenseNet as a third network; counts rounded, seven rows",
        ("alexnet", "resnet18"),
        5,
        (175_178, 40_970, 57_044_810, 5_130, 11_181_642),
    ),
    "extract_then_unfreeze": Variant(
        "the same module: feature extraction, then unfrozen with a new optimizer; whole new classifiers; tqdm",
        ("alexnet", "vgg11"),
        6,
        (1_191_170, 92_170, 2_561_866, 3_212_682, 12_433_162),
    ),
    "feature_extractor_french": Variant(
        "create_feature_extractor, body and head are two modules called in turn, columns in another order; French",
        ("resnet18", "squeezenet1_1"),
        2,
        (29_642, 5_130, 11_181_642, 46_090, 768_586),
    ),
    "functions_mobilenet_french": Variant(
        "a dictionary of heads, nll_loss, a confusion matrix; MobileNet beside the table; French",
        ("vgg11", "resnet18"),
        9,
        (1_191_170, 40_970, 128_807_306, 5_130, 11_181_642),
    ),
    "get_model_dataclass": Variant(
        "get_model, weights.transforms(), dataclasses with type hints; the table is the only output",
        ("alexnet", "squeezenet1_1"),
        6,
        (113_962, 40_970, 57_044_810, 5_130, 727_626),
    ),
    "head_only_optimizer": Variant(
        "nothing is frozen: the optimizer gets the head only; counts from its groups; times as 1:04",
        ("squeezenet1_1", "resnet18"),
        10,
        (395_786, 5_130, 727_626, 5_130, 11_181_642),
    ),
    "hub_trainer_class": Variant(
        "torch.hub.load, a Trainer class, SqueezeNet's whole classifier replaced",
        ("squeezenet1_1", "resnet34"),
        8,
        (620_362, 5_130, 727_626, 5_130, 21_289_802),
    ),
    "last_block_256_epochs": Variant(
        "256 epochs, 14 workers, finetunes layer4 and the last two fire modules; print(df) breaks the table in two",
        ("resnet18", "squeezenet1_1"),
        256,
        (11_181_642, 5_130, 8_398_858, 5_130, 391_306),
    ),
    "lightning_like": Variant(
        "a module with training_step and configure_optimizers, a Trainer; rows told by a column of modes and by elimination",
        ("resnet34", "vgg11_bn"),
        2,
        (11_181_642, 5_130, 21_289_802, 40_970, 128_812_810),
    ),
    "model_zoo_french": Variant(
        "model_zoo.load_url, add_module, the epoch() of lab 1; 32 x 32; French",
        ("vgg16", "resnet34"),
        5,
        (1_191_490, 40_970, 134_301_514, 5_130, 21_289_802),
    ),
    "precomputed_features_french": Variant(
        "features computed once, nn.Linear on a TensorDataset; rows of the table in another order; French",
        ("resnet18", "alexnet"),
        15,
        (1_191_170, 5_130, 11_181_642, 40_970, 57_044_810),
    ),
    "scratch_resnet_french": Variant(
        "one loop over a dictionary of five networks, models.resnet18(True), from scratch a ResNet; French",
        ("alexnet", "resnet18"),
        10,
        (11_181_642, 40_970, 57_044_810, 5_130, 11_181_642),
    ),
    "sequential_children_french": Variant(
        "nn.Sequential(*children()[:-1], Flatten, Linear); counts as 0,55 M; French",
        ("resnet18", "alexnet"),
        12,
        (549_290, 5_130, 11_181_642, 92_170, 2_561_866),
    ),
    "sklearn_classifier_french": Variant(
        "LogisticRegression of scikit-learn on features computed once; French",
        ("resnet18", "alexnet"),
        3,
        (29_642, 5_130, 11_181_642, 40_970, 57_044_810),
    ),
    "squeezenet_vgg_french": Variant(
        "pretrained=True, a convolution as head, pandas with its style block; French",
        ("squeezenet1_0", "vgg11"),
        10,
        (4_263_170, 5_130, 740_554, 40_970, 128_807_306),
    ),
    "state_dict_from_url": Variant(
        "load_state_dict_from_url without the head, strict=False; enlarged in the loop",
        ("resnet18", "squeezenet1_1"),
        10,
        (1_191_170, 5_130, 11_181_642, 5_130, 727_626),
    ),
    "tensors_no_loader": Variant(
        "CIFAR-10 as tensors on the GPU without a DataLoader, del and append, setattr; counts as 1.118e+07",
        ("alexnet", "resnet18"),
        10,
        (374_282, 40_970, 57_044_810, 5_130, 11_181_642),
    ),
    "tqdm_perf_counter": Variant(
        "seeds, a configuration, tqdm bars as the only output of trainings, a DataFrame indexed by model",
        ("squeezenet1_1", "alexnet"),
        30,
        (481_066, 5_130, 727_626, 40_970, 57_044_810),
    ),
    "tutorial_train_model": Variant(
        "train_model of the PyTorch tutorial with its two phases and best weights; a table by hand",
        ("resnet18", "alexnet"),
        5,
        (1_191_170, 5_130, 11_181_642, 40_970, 57_044_810),
    ),
    "two_rates_french": Variant(
        "two parameter groups of different rates, curves, the table in HTML by hand; French",
        ("resnet34", "squeezenet1_0"),
        7,
        (520_970, 5_130, 21_289_802, 5_130, 740_554),
    ),
    "upsample_french": Variant(
        "nn.Upsample in the network, an Experience class, tabulate if there is one; French",
        ("resnet18", "vgg16_bn"),
        20,
        (1_191_170, 5_130, 11_181_642, 5_130, 14_728_266),
    ),
    "validation_split": Variant(
        "random_split 45,000 + 5,000, best checkpoint saved and loaded, tested once; counts as 0.0051 M",
        ("resnet18", "squeezenet1_0"),
        16,
        (1_191_170, 5_130, 11_181_642, 5_130, 740_554),
    ),
    "wrapper_no_grad": Variant(
        "backbone and head in a module, the backbone under no_grad and in eval mode, display(HTML)",
        ("resnet18", "vgg11"),
        12,
        (391_946, 133_898, 11_310_410, 133_898, 9_354_378),
    ),
}


def read_transfer_mutants() -> dict[str, Mutant]:
    """By name. A mutant passes every check but those it fails and those that its entry leaves `open`."""
    entries = tomllib.loads(MUTANTS_FILE.read_text(encoding="utf-8"))
    return {
        name: replace(mutant, passes=CHECKS - mutant.fails - frozenset(entries[name].get("open", ())))
        for name, mutant in read_mutants(MUTANTS_FILE, NOTEBOOKS).items()
    }


MUTANTS = read_transfer_mutants()


def small_budget(patch: pytest.MonkeyPatch) -> None:
    """Modes show after a step or two: five steps, two images of 224 x 224 at a time, a test on few images."""
    patch.setattr(profiles, "LARGE_STEPS", 5)
    patch.setattr(profiles, "LARGE_PIXELS", 2 * 224 * 224)
    patch.setitem(profiles.EVALUATED, "standin", 32)
    patch.setattr(profiles, "LARGE_HELD_OUT", 16)


def notebook_script(name: str) -> str:
    """The notebook as a script with `# %%` cells, outputs among them."""
    return (NOTEBOOKS / f"{name}.py").read_text(encoding="utf-8")


def handed_in(script: str) -> NotebookNode:
    """The notebook with its stored outputs. Raises ValueError for an output that follows no code cell."""
    parts = re.split(r"^# %%", script, flags=re.MULTILINE)[1:]
    heads = [part.partition("\n")[0].strip() for part in parts]
    stored = [re.fullmatch(r"\[(output|cleared) ?(\w*)\]", head) for head in heads]
    notebook = as_notebook("".join(f"# %%{p}" for p, s in zip(parts, stored, strict=True) if s is None))
    executed = any(head.startswith("[output") for head in heads)
    cells, cell, count = iter(notebook.cells), None, 0
    for part, how in zip(parts, stored, strict=True):
        if how is None:
            cell = next(cells)
            if cell.cell_type == "code" and executed:
                cell.execution_count = count = count + 1
        elif cell is None or cell.cell_type != "code":
            raise ValueError(f"an output without a code cell: {part[:80]!r}")
        elif how[1] == "cleared":
            cell.execution_count = None
        else:
            cell.outputs.append(stored_output(how[2], text_of(part), count))
    return notebook


def text_of(part: str) -> str:
    """What the comments of a cell say."""
    lines = part.rstrip("\n").split("\n")[1:]
    return "\n".join(line.removeprefix("#").removeprefix(" ") for line in lines)


def stored_output(how: str, text: str, count: int) -> NotebookNode:
    """One output of cell number `count`. `how`: "" (printed or displayed), "stderr" or "result"; ValueError for others."""
    if how not in ("", "stderr", "result"):
        raise ValueError(f"an output cannot come as {how!r}")
    if how == "stderr" or (how == "" and not text.startswith("<")):
        output = new_output("stream", name=how or "stdout", text=text + "\n")
    else:
        as_html = {"text/html": text, "text/plain": as_plain(text)}
        output = new_output("display_data", data=as_html if text.startswith("<") else {"text/plain": text})
    if how == "result":
        output.update(output_type="execute_result", execution_count=count)
    return NotebookNode(output)


def as_plain(html: str) -> str:
    """A table of HTML the way pandas writes one as text: columns two blanks apart, aligned to the right."""
    lines = re.findall(r"<tr.*?</tr>", html, re.DOTALL)
    rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", line, re.DOTALL) for line in lines]
    widths = [max(map(len, column)) for column in zip(*rows, strict=False)]
    return "\n".join("  ".join(map(str.rjust, row, widths)).rstrip() for row in rows)
