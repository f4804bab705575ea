"""Stored outputs are read from the hand-in and set beside what was measured."""

from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from grader.profiles import profile_for
from grader.schema.evaluation import Evaluation, Measured, NetworkFacts
from grader.schema.evidence import Evidence, Place
from grader.schema.execution import Execution
from grader.schema.result import CellRun, FileRun
from grader.schema.submission import Submission, WorkFile
from grader.statements import claims_in, compared, stated_in
from tests.unit.judging.networks import Small, a_phase, a_run, seen

CODE = (
    "for epoch in range(3):\n    train()\n    print('test accuracy', test())\nprint(parameters, 'parameters')"
)


def hand_in(folder: Path, *lines: str) -> Submission:
    cell = new_code_cell(CODE, outputs=[new_output("stream", name="stdout", text="\n".join(lines) + "\n")])
    path = folder / "lab.ipynb"
    nbformat.write(new_notebook(cells=[cell]), path)
    return Submission(student="Ada", slug="ada", work=(WorkFile(path=path, kind="notebook"),), root=folder)


def run_of(folder: Path, accuracy: float) -> tuple[Execution, Evaluation]:
    """One network that trained and was tested in the first cell."""
    home = folder / "evidence" / "1"
    home.mkdir(parents=True)
    here = Place(cell=0, line=1)
    phases = (a_phase(kind="train", split="train", place=here), a_phase(place=here))
    evidence = Evidence(networks=(seen(Small()),), phases=phases, runs=(a_run(place=here, epochs=3),))
    (home / "evidence.json").write_text(evidence.model_dump_json())
    execution = Execution(
        key="k",
        profile=profile_for("full", "real"),
        images="i",
        files=(
            FileRun(
                file="lab.ipynb", executed="", seconds=1, cells=(CellRun(cell=1, seconds=1, status="ran"),)
            ),
        ),
        evidence=("evidence/1",),
        untouched=False,
        remarks=(),
        sandbox="none",
        seconds=1,
        versions={},
    )
    measured = Measured(accuracy=accuracy, standard_error=0.01, images=2000, confusion=((1,),))
    facts = {"1/net0": NetworkFacts(measured=measured)}
    evaluation = Evaluation(key="k", samples={}, networks=facts, reference={}, seconds=1, versions={})
    return execution, evaluation


def verdicts(folder: Path, *lines: str, accuracy: float = 0.6) -> dict[str, str]:
    submission = hand_in(folder, *lines)
    execution, evaluation = run_of(folder, accuracy)
    found = compared(stated_in(submission, None), folder, execution, evaluation, True, 0.9)
    return {c.sentence: c.verdict for c in found}


def test_an_accuracy_that_was_measured_again_is_consistent(tmp_path: Path) -> None:
    assert "consistent" in verdicts(tmp_path, *(f"test accuracy {a}" for a in (0.4, 0.5, 0.61))).values()


def test_an_accuracy_far_above_is_for_a_person_to_look_at(tmp_path: Path) -> None:
    found = verdicts(tmp_path, *(f"test accuracy {a}" for a in (0.4, 0.5, 0.88)))
    assert any(v == "contradicted" and "cell 1" in sentence for sentence, v in found.items())


def test_a_notebook_without_outputs_states_nothing(tmp_path: Path) -> None:
    assert "contradicted" not in verdicts(tmp_path).values()


def test_what_is_no_notebook_states_nothing(tmp_path: Path) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_text('{"cells": [')
    assert claims_in(path, "broken.ipynb") is None


def test_what_the_starter_prints_is_nobodys_claim(tmp_path: Path) -> None:
    submission = hand_in(tmp_path, "test accuracy 0.99")
    starter = submission.work[0].path
    assert stated_in(submission, None)[0].claims
    assert not stated_in(submission, starter)[0].claims
