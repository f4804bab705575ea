"""In which order a class is run."""

from pathlib import Path
from types import SimpleNamespace

from grader.pipeline import longest_first
from grader.profiles import profile_for
from grader.schema.execution import Execution
from grader.schema.submission import Submission
from grader.store import write_model


def test_those_that_took_longest_come_first_and_before_them_the_unknown(tmp_path: Path) -> None:
    known = {"ada": 3.0, "ben": 90.0, "cyd": 10.0}
    for name, seconds in known.items():
        run = Execution(
            key="k",
            profile=profile_for("quick", "standin"),
            images="i",
            files=(),
            evidence=(),
            untouched=False,
            remarks=(),
            sandbox="",
            seconds=seconds,
            versions={},
        )
        write_model(tmp_path / name / "execution.json", run)
    names = ["ada", "ben", "cyd", "dan"]
    submissions = [Submission(student=n, slug=n, work=(), root=tmp_path) for n in names]
    ordered = longest_first(submissions, SimpleNamespace(out=tmp_path))  # type: ignore[arg-type]
    assert [one.slug for one in ordered] == ["dan", "ben", "cyd", "ada"]
