"""Loops that leave their loader early: told in a remark, and no point depends on it."""

from pathlib import Path

import pytest

from grader.schema.result import Result
from tests.harness import grade_scripts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

TEXTBOOK = (Path(__file__).parents[1] / "variants" / "notebooks" / "textbook_class.py").read_text()
TRAINED, TESTED = "        running_loss += loss.item()\n", "            total += labels.size(0)\n"
LOOP = "enumerate(trainloader, 0)"
TRAINING = "# %%\nlosses, accuracies = [], []\n"
LOOK = """# %%
images, labels = next(iter(trainloader))
plt.imshow(images[0].permute(1, 2, 0))
shown, names = next(iter(testloader))
print(net(shown[:4]).argmax(1), names[:4], net(shown).shape)

"""
TRIED = """# %%
for inputs, labels in trainloader:
    criterion(net(inputs), labels).backward()
    optimizer.step()
    optimizer.zero_grad()
    break

"""


def edited(*changes: tuple[str, str]) -> str:
    script = TEXTBOOK.replace("range(10)", "range(3)")
    for old, new in changes:
        assert script.count(old) == 1, old
        script = script.replace(old, new)
    return script


HAND_INS = {
    "break_after_one": edited((TRAINED, f"{TRAINED}        break\n")),
    "slice_of_40": edited((LOOP, "enumerate(__import__('itertools').islice(trainloader, 40))")),
    "one_test_batch": edited((TESTED, f"{TESTED}            break\n")),
    "two_test_batches": edited((TESTED, f"{TESTED}            if total > 128:\n                break\n")),
    "whole": edited((TRAINING, LOOK + TRAINING)),
    "last_batch": edited((TRAINED, f"{TRAINED}        if i == len(trainloader) - 1:\n            break\n")),
    "tried_first": edited((TRAINING, TRIED + TRAINING)),
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Result]:
    return grade_scripts(HAND_INS, tmp_path_factory.mktemp("undrawn"), jobs=2)


def told(result: Result) -> list[str]:
    return [remark for remark in result.remarks if "what ends the loop?" in remark]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("break_after_one", "each epoch ended after 1 of 391 batches"),
        ("slice_of_40", "each epoch ended after 40 of 391 batches"),
        ("one_test_batch", "every pass over the test images ended after 1 of 79 batches"),
        ("two_test_batches", "every pass over the test images ended after 2 of 79 batches"),
    ],
)
def test_a_loop_that_leaves_its_loader_is_told(graded: dict[str, Result], name: str, words: str) -> None:
    (remark,) = told(graded[name])
    assert remark.startswith(f"{words}: class ConvNet (cell 4), trained in cell 6. ")


@pytest.mark.parametrize("name", ["whole", "last_batch", "tried_first"])
def test_nothing_is_said_of_other_loops(graded: dict[str, Result], name: str) -> None:
    assert told(graded[name]) == []


def test_no_point_depends_on_it(graded: dict[str, Result]) -> None:
    def training(name: str) -> tuple[str, float]:
        (check,) = [c for c in graded[name].tasks[0].checks if c.id == "training"]
        return check.outcome, check.score

    assert {training(name) for name in HAND_INS} == {training("whole")}
    assert training("whole")[0] == "passed"
