"""Finding submissions: who is a student, what is work, what is only beside it, and that nobody is lost."""

import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.discovery import discover, handin
from grader.discovery.folders import scan
from grader.discovery.names import LONGEST, natural_key, shown, slug, unique_slugs
from grader.errors import UsageError
from grader.schema.submission import Submission


def lay(root: Path, *names: str, text: str = "") -> Path:
    """Files below `root`; a name that ends in / is an empty folder."""
    for name in names:
        path = root / name
        (path if name.endswith("/") else path.parent).mkdir(parents=True, exist_ok=True)
        if not name.endswith("/"):
            path.write_text(text or ("{}" if name.endswith(".ipynb") else "pass\n"))
    return root


def notebook(path: Path, code: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": code}]}))


def names(root: Path) -> list[str]:
    return [submission.student for submission in discover(root)]


def work(submission: Submission) -> list[str]:
    return [file.path.relative_to(submission.root).as_posix() for file in submission.work]


def helpers(submission: Submission) -> list[str]:
    return sorted(path.relative_to(submission.root).as_posix() for path in submission.helpers)


def test_a_folder_is_a_student(tmp_path: Path) -> None:
    alice, bob = discover(lay(tmp_path, "alice/lab.ipynb", "bob/lab.ipynb", "bob/model.py"))
    assert (alice.student, work(alice), bob.student, work(bob)) == (
        "alice",
        ["lab.ipynb"],
        "bob",
        ["lab.ipynb"],
    )
    assert helpers(bob) == ["model.py"]
    assert bob.root == (tmp_path / "bob").resolve()


def test_a_file_is_a_student(tmp_path: Path) -> None:
    alice, bob = discover(lay(tmp_path, "alice.ipynb", "bob.py"))
    assert (alice.work[0].kind, bob.work[0].kind) == ("notebook", "script")
    assert alice.helpers == bob.helpers == ()


def test_files_with_one_stem_are_one_student(tmp_path: Path) -> None:
    (alice,) = discover(lay(tmp_path, "alice.ipynb", "alice.py", "alice.pdf"))
    assert work(alice) == ["alice.ipynb"]
    assert helpers(alice) == ["alice.pdf", "alice.py"]


def test_helpers_beside_flat_files_go_to_those_who_use_them(tmp_path: Path) -> None:
    lay(tmp_path, "utils.py", "cats.csv", "bob.ipynb", "test_3.py")
    notebook(tmp_path / "alice.ipynb", "import utils\nopen('cats.csv')")
    found = {submission.student: helpers(submission) for submission in discover(tmp_path)}
    assert found == {"alice": ["cats.csv", "utils.py"], "bob": [], "test_3": []}


@pytest.mark.parametrize(
    ("files", "students"),
    [
        (["alice/src/x.ipynb"], ["alice"]),
        (["alice/anything/x.ipynb", "bob/x.ipynb"], ["alice", "bob"]),
        (["groupA/alice/x.ipynb", "groupA/bob/x.ipynb"], ["groupA/alice", "groupA/bob"]),
        (["A/alice/x.ipynb", "A/bob/x.ipynb", "A/carol/"], ["A/alice", "A/bob", "A/carol"]),
        (["A/alice/x.ipynb", "A/bob/x.ipynb", "B/carol/x.ipynb"], ["A/alice", "A/bob", "B/carol"]),
        (["A/alice/x.ipynb", "A/bob/x.ipynb", "dan/src/x.ipynb"], ["A/alice", "A/bob", "dan"]),
        (["alice/stage1/x.py", "alice/stage2/x.py"], ["alice"]),
        (["alice/intro/x.ipynb", "alice/cnn/x.ipynb", "bob/intro/x.ipynb"], ["alice", "bob"]),
        (["alice/x.ipynb", "alice/old/y.ipynb", "alice/older/y.ipynb"], ["alice"]),
        (["y/A/a/x.py", "y/A/b/x.py", "y/B/c/x.py", "y/B/d/x.py"], ["y/A/a", "y/A/b", "y/B/c", "y/B/d"]),
    ],
)  # fmt: skip
def test_the_student_level_follows_the_documented_rule(
    tmp_path: Path, files: list[str], students: list[str]
) -> None:
    assert names(lay(tmp_path, *files)) == students


NBGRADER = (
    "alice/lab1/x.ipynb",
    "alice/lab2/x.ipynb",
    "bob/lab1/x.ipynb",
    "bob/lab2/x.ipynb",
    "carol/lab1/x.ipynb",
)


def test_labs_side_by_side_are_not_one_hand_in(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as said:
        discover(lay(tmp_path, *NBGRADER))
    assert "several labs each: lab1 (3 students), lab2 (2 students). Say which one with --folder NAME" in str(
        said.value
    )


def test_one_lab_of_several_is_chosen_by_its_folder(tmp_path: Path) -> None:
    alice, bob, carol = discover(lay(tmp_path, *NBGRADER, "bob/lab2/utils.py"), lab="Lab2")
    assert [(one.student, work(one)) for one in (alice, bob)] == [
        ("alice", ["x.ipynb"]),
        ("bob", ["x.ipynb"]),
    ]
    assert (helpers(bob), carol.student, work(carol)) == (["utils.py"], "carol", [])
    assert [len(work(one)) for one in discover(tmp_path, lab=".")] == [2, 2, 1]


def test_a_folder_that_nobody_has_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"--folder lab3: no student has work .* There are: lab1, lab2\."):
        discover(lay(tmp_path, *NBGRADER), lab="lab3")
    with pytest.raises(UsageError, match="Their folders hold no folders"):
        discover(lay(tmp_path / "flat", "alice.ipynb"), lab="lab3")


@pytest.mark.parametrize(
    "files",
    [
        ["alice/part1/x.ipynb", "alice/part2/x.ipynb", "bob/part1/x.ipynb", "bob/part2/x.ipynb"],
        ["alice/src/x.ipynb", "alice/final/x.ipynb", "bob/src/x.ipynb", "bob/final/x.ipynb"],
        ["alice/lab1/x.ipynb", "alice/lab2/x.ipynb"],
        ["alice/lab1/x.ipynb", "alice/lab2/x.ipynb", "bob/lab1/x.ipynb"],
        ["alice/lab1/x.ipynb", "alice/lab2/x.py", "bob/lab1/x.ipynb", "bob/lab2/x.py"],
        [*NBGRADER, "dan/report.pdf"],
    ],
)
def test_folders_of_one_hand_in_stay_together(files: list[str], tmp_path: Path) -> None:
    assert len(discover(lay(tmp_path, *files))) == len({file.split("/")[0] for file in files})


def test_several_notebooks_come_in_natural_order(tmp_path: Path) -> None:
    (alice,) = discover(lay(tmp_path, "alice/part10.ipynb", "alice/part2.ipynb", "alice/Part1.ipynb"))
    assert work(alice) == ["Part1.ipynb", "part2.ipynb", "part10.ipynb"]


def test_scripts_that_others_import_are_helpers(tmp_path: Path) -> None:
    lay(tmp_path, "a/stage2.py", "a/stage10.py", text="from model import Net\n")
    (alice,) = discover(lay(tmp_path, "a/model.py", "a/utils.py", "a/test_model.py", "a/setup.py"))
    assert work(alice) == ["stage2.py", "stage10.py"]
    assert helpers(alice) == ["model.py", "setup.py", "test_model.py", "utils.py"]


def test_imports_are_seen_in_a_script_with_a_syntax_error(tmp_path: Path) -> None:
    lay(tmp_path, "a/train.py", text="from nets.model import (Net\nimport data as d, os\nx = = 1\n")
    (alice,) = discover(lay(tmp_path, "a/nets/model.py", "a/data.py"))
    assert work(alice) == ["train.py"]


def test_the_main_guard_decides_among_scripts_that_import_each_other(tmp_path: Path) -> None:
    lay(tmp_path, "a/one.py", text="import two\n")
    lay(tmp_path, "a/two.py", text="import one\nif __name__ == '__main__':\n    pass\n")
    assert work(discover(tmp_path)[0]) == ["two.py"]


def test_the_only_script_is_work_whatever_its_name(tmp_path: Path) -> None:
    assert work(discover(lay(tmp_path, "a/utils.py"))[0]) == ["utils.py"]


def test_an_imported_script_with_a_main_part_is_remarked(tmp_path: Path) -> None:
    lay(tmp_path, "a/base.py", text="if __name__ == '__main__':\n    main()\n")
    lay(tmp_path, "a/stage1.py", text="from base import ConvNet\n")
    assert discover(tmp_path)[0].remarks == ("base.py: imported by the work; its __main__ part is not run",)


def test_a_script_that_no_notebook_uses_is_remarked(tmp_path: Path) -> None:
    notebook(tmp_path / "a/lab.ipynb", "%run train2\n!python train3.py\nfrom train4 import fit")
    files = [f"a/train{number}.py" for number in (1, 2, 3, 4)]
    (alice,) = discover(lay(tmp_path, *files, text="loss.backward()\n"))
    assert alice.remarks == ("train1.py: not run, since nothing that is run imports it",)


def test_what_is_not_work_is_ignored(tmp_path: Path) -> None:
    lay(
        tmp_path,
        "a/x.ipynb",
        "a/.ipynb_checkpoints/x.ipynb",
        "a/__pycache__/x.py",
        "a/._x.ipynb",
        "a/.git/x.py",
    )
    lay(tmp_path, "a/env/pyvenv.cfg", "a/env/lib/x.py", "__MACOSX/a/x.ipynb", "results/a/executed.ipynb")
    lay(tmp_path, "out/results.json", "out/gradebook.csv", "out/a/executed.ipynb", ".DS_Store")
    (alice,) = discover(tmp_path)
    assert work(alice) == ["x.ipynb"]
    assert alice.helpers == ()


def test_an_empty_folder_is_a_student_without_work(tmp_path: Path) -> None:
    alice, bob = discover(lay(tmp_path, "alice/", "bob/report.pdf"))
    assert alice.problems == ("no notebook or script found",)
    assert bob.problems == ("no notebook or script found (found: report.pdf)",)


def test_an_archive_is_a_problem(tmp_path: Path) -> None:
    alice, bob = discover(lay(tmp_path, "alice/lab.zip", "bob.zip"))
    assert "lab.zip: an archive, not looked into. If it holds work, unpack it." in alice.problems
    assert bob.student == "bob"
    assert "unpack it" in bob.problems[1]


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    secret = lay(tmp_path, "secret/solution.ipynb") / "secret"
    lay(tmp_path, "s/alice/", "s/bob/x.ipynb")
    (tmp_path / "s/alice/lab.ipynb").symlink_to(secret / "solution.ipynb")
    (tmp_path / "s/alice/gone.py").symlink_to(secret / "nothing")
    (tmp_path / "s/alice/all").symlink_to(secret)
    (tmp_path / "s/carol").symlink_to(secret)
    alice, _, carol = discover(tmp_path / "s")
    assert (alice.work, alice.helpers, carol.work) == ((), (), ())
    assert [problem.split(":")[0] for problem in alice.problems[1:]] == [
        "alice/all",
        "alice/gone.py",
        "lab.ipynb",
    ]
    assert "link to a folder" in " ".join(carol.problems)


def test_a_link_within_the_hand_in_is_read(tmp_path: Path) -> None:
    lay(tmp_path, "a/old/lab.py")
    (tmp_path / "a/lab.py").symlink_to("old/lab.py")
    assert discover(tmp_path)[0].problems == ()


@pytest.mark.parametrize(
    ("name", "limit", "said"),
    [("x.ipynb", handin.NOTEBOOK_BYTES, "50 MiB"), ("x.py", handin.SCRIPT_BYTES, "2 MiB")],
)
def test_work_over_the_limit_is_not_read(tmp_path: Path, name: str, limit: int, said: str) -> None:
    lay(tmp_path, f"a/{name}")
    os.truncate(tmp_path / "a" / name, limit + 1)
    (alice,) = discover(tmp_path)
    assert alice.work == ()
    assert f"more than {said}, not read" in alice.problems[1]


def test_helpers_over_the_limit_are_left_out_largest_first(tmp_path: Path) -> None:
    lay(tmp_path, "a/x.ipynb", "a/small.csv", "a/cifar.bin")
    os.truncate(tmp_path / "a/cifar.bin", handin.HELPER_BYTES)
    (alice,) = discover(tmp_path)
    assert helpers(alice) == ["small.csv"]
    assert "(cifar.bin)" in alice.problems[0]


def test_what_may_not_be_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may read everything
    (alice,) = discover(lay(tmp_path, "a/x.ipynb"))
    assert alice.work == ()
    assert "not permitted" in alice.problems[1]


def test_a_folder_that_vanishes_is_a_problem(tmp_path: Path) -> None:
    assert "the folder cannot be read" in next(scan(tmp_path / "gone", tmp_path).all_unreadable())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_a_folder_that_may_not_be_listed_is_a_problem(tmp_path: Path) -> None:
    (lay(tmp_path, "alice/x.ipynb") / "alice").chmod(0)
    (alice,) = discover(tmp_path)
    (tmp_path / "alice").chmod(0o700)
    assert "permissions" in alice.problems[1]


def test_a_name_that_is_not_text_is_a_problem(tmp_path: Path) -> None:
    lay(tmp_path, "alice/x.ipynb")
    (tmp_path / os.fsdecode(b"ren\xe9")).mkdir()
    assert "Rename it" in discover(tmp_path)[1].problems[1]


def test_a_notebook_given_alone_is_a_class_of_one(tmp_path: Path) -> None:
    lay(tmp_path, "bob.ipynb", "model.py", text="import layers")
    lay(tmp_path, "layers.py", "other.py")
    notebook(tmp_path / "lab.ipynb", "from model import Net")
    (alice,) = discover(tmp_path / "lab.ipynb")
    assert (alice.student, work(alice), helpers(alice)) == ("lab", ["lab.ipynb"], ["layers.py", "model.py"])


def test_a_notebook_saved_as_text_is_read(tmp_path: Path) -> None:
    (alice,) = discover(lay(tmp_path, "alice/lab.ipynb.txt"))
    assert alice.work[0].kind == "notebook"
    assert "in spite of its ending" in alice.remarks[0]


@pytest.mark.parametrize("folder", ["absent", "empty", "table.csv"])
def test_nothing_to_grade_is_a_usage_error(tmp_path: Path, folder: str) -> None:
    lay(tmp_path, "empty/", "table.csv")
    with pytest.raises(UsageError, match=folder):
        discover(tmp_path / folder)


@pytest.mark.parametrize(
    ("only", "students"),
    [
        ("Anne", ["Anne"]),
        ("anne", ["Anne"]),
        ("ann", ["Anne", "Joanna Łoś"]),
        ("j*", ["Joanna Łoś"]),
        ("Joanna-Los", ["Joanna Łoś"]),
        (None, ["Anne", "Joanna Łoś", "Zoé"]),
    ],
)
def test_only_selects_by_name_slug_part_or_pattern(
    tmp_path: Path, only: str | None, students: list[str]
) -> None:
    lay(tmp_path, "Anne/x.py", "Joanna Łoś/x.py", "Zoé/x.py")
    assert [submission.student for submission in discover(tmp_path, only)] == students


def test_a_misspelt_student_gets_near_names(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean bernard"):
        discover(lay(tmp_path, "alice.py", "bernard.py"), only="bernrad")


def test_students_that_differ_in_case_get_different_slugs(tmp_path: Path) -> None:
    found = discover(lay(tmp_path, "Ann/x.py", "ann/x.py"))
    assert [submission.slug for submission in found] == ["Ann", "ann-2"]


def test_control_characters_are_not_shown() -> None:
    assert shown("al\u202eice\x1b[31m\n") == "alice[31m"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Zoé Łoś", "Zoe-Los"),
        ("../../etc", "etc"),
        ("con.txt", "s-con.txt"),
        ("A/bob", "A-bob"),
        ("ﬁn", "fin"),
    ],
)
def test_a_slug_stays_readable(name: str, safe: str) -> None:
    assert slug(name) == safe


def test_a_name_in_another_script_gets_its_own_slug() -> None:
    assert slug("张伟") != slug("李娜")
    assert slug("张伟").startswith("student-")


@given(st.lists(st.text(max_size=120), max_size=8))
def test_slugs_are_safe_and_unique(written: list[str]) -> None:
    slugs = unique_slugs(written)
    assert len({made.casefold() for made in slugs}) == len(written)
    for made in slugs:
        assert 0 < len(made) <= LONGEST
        assert all(letter.isascii() and (letter.isalnum() or letter in "._-") for letter in made)
        assert not made.startswith((".", "-"))
        assert not made.endswith(".")
        assert made.split(".")[0].casefold() not in {"con", "nul", "com1", "lpt9", "index", "results"}


@given(st.lists(st.text(), max_size=6))
def test_natural_order_is_total(written: list[str]) -> None:
    backwards = written[::-1]
    assert sorted(written, key=natural_key) == sorted(backwards, key=natural_key)


def test_results_are_no_hand_in_before_a_run_is_whole(tmp_path: Path) -> None:
    lay(tmp_path, "ann/lab.ipynb", "marks/.work/", "marks/ann/executed.ipynb", "ann/tried/ann/executed.ipynb")
    (ann,) = discover(tmp_path, out=tmp_path / "marks")
    assert ann.student == "ann"
    (tmp_path / "ann/tried/.work").mkdir()
    assert work(discover(tmp_path, out=tmp_path / "ann/tried")[0]) == ["lab.ipynb"]


@pytest.mark.parametrize("out", [".", "ann", "ann/../bob"])
def test_results_do_not_go_where_hand_ins_lie(out: str, tmp_path: Path) -> None:
    lay(tmp_path, "ann/lab.ipynb", "bob/src/lab.py")
    with pytest.raises(UsageError, match="the hand-ins lie there"):
        discover(tmp_path, out=tmp_path / out)


def test_a_long_empty_stretch_before_a_command_is_read_at_once(tmp_path: Path) -> None:
    notebook(tmp_path / "ann/lab.ipynb", "%run x\n" + "\n" * 1_000_000)
    (tmp_path / "ann/other.py").write_text("loss.backward()")
    began = time.process_time()
    discover(tmp_path)
    assert time.process_time() - began < 10


@pytest.mark.parametrize(
    ("typed", "said"),
    [("a" * 300, "too long"), ("~nobody-of-that-name/x", "no such user"), ("circle", "to itself")],
)
def test_what_can_be_no_path_is_said(typed: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(UsageError, match=said):
        discover(Path(typed) if typed.startswith("~") else tmp_path / typed)


def test_files_without_end_are_not_all_run(tmp_path: Path) -> None:
    lay(tmp_path, *(f"ann/lab{number}.ipynb" for number in range(handin.MOST_WORK + 3)))
    (ann,) = discover(tmp_path)
    assert len(ann.work) == handin.MOST_WORK
    assert any(
        problem.startswith("3 of 43 notebooks or scripts not run, from lab40.ipynb")
        for problem in ann.problems
    )


def test_nobody_is_lost_by_names_like_those_of_results(tmp_path: Path) -> None:
    lay(tmp_path, "Results/lab.ipynb", "ann/lab.ipynb", "ann/results.json", "ann/gradebook.csv")
    assert names(tmp_path) == ["ann", "Results"]
