"""Bulk downloads of learning platforms: whose files these are, under the names that students gave them."""

from pathlib import Path

import pytest

from grader.discovery import discover, gather
from grader.discovery.lms import LATE, of_moodle, of_platform, told_apart
from grader.schema.submission import Submission

NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    (tmp_path / "unpacked").mkdir()
    return tmp_path / "unpacked"


def found(root: Path, unpacked: Path, *names: str) -> list[Submission]:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            continue
        path.write_text(NOTEBOOK if name.endswith(".ipynb") else "x = 1\n")
    return discover(root, unpacked=unpacked)


def lay_importing(path: Path) -> None:
    """A notebook that imports utils."""
    cell = '{"cell_type": "code", "metadata": {}, "outputs": [], "source": "from utils import *"}'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(NOTEBOOK.replace("[]", f"[{cell}]", 1))


def seen(submissions: list[Submission]) -> list[tuple[str, str, list[str], list[str]]]:
    """Name, id, work, helpers."""
    return [
        (one.student, one.lms_id, [w.path.name for w in one.work], [h.name for h in one.helpers])
        for one in submissions
    ]


def test_folders_of_moodle_are_students(tmp_path: Path, unpacked: Path) -> None:
    names = (
        "Jean D'Arc-Durand_101_assignsubmission_file_/lab.ipynb",
        "Jean D'Arc-Durand_101_assignsubmission_file_/outils.py",
        "Jean D'Arc-Durand_101_assignsubmission_onlinetext_/onlinetext.html",
        "Zoé Petit_102_assignsubmission_file/lab.ipynb",
    )
    assert seen(found(tmp_path / "class", unpacked, *names)) == [
        ("Jean D'Arc-Durand", "101", ["lab.ipynb"], ["outils.py"]),
        ("Zoé Petit", "102", ["lab.ipynb"], []),
    ]


def test_folders_in_a_folder_of_moodle_are_one_students(tmp_path: Path, unpacked: Path) -> None:
    names = (
        "Ann B_7_assignsubmission_file_/lab.ipynb",
        "Ben C_8_assignsubmission_file_/cnn/lab.ipynb",
        "Ben C_8_assignsubmission_file_/Ann B_7_assignsubmission_file_/lab.ipynb",
    )
    submissions = found(tmp_path / "class", unpacked, *names)
    assert [(one.student, one.lms_id, len(one.work)) for one in submissions] == [
        ("Ann B", "7", 1),
        ("Ben C", "8", 2),
    ]


def test_text_typed_into_moodle_alone_is_a_student_without_work(tmp_path: Path, unpacked: Path) -> None:
    (one,) = found(tmp_path / "class", unpacked, "Ann B_7_assignsubmission_onlinetext_/onlinetext.html")
    assert (one.student, one.lms_id, one.work) == ("Ann B", "7", ())


def test_names_that_several_have_are_told_apart_by_their_ids(tmp_path: Path, unpacked: Path) -> None:
    names = [f"Participant_{n}_assignsubmission_file_/lab.ipynb" for n in (12, 13)]
    assert [one.student for one in found(tmp_path / "class", unpacked, *names)] == [
        "Participant (12)",
        "Participant (13)",
    ]


def test_files_of_moodle_without_folders(tmp_path: Path, unpacked: Path) -> None:
    names = (
        "Ann B_7_assignsubmission_file_lab.ipynb",
        "Ann B_7_assignsubmission_file_utils.py",
        "Ben_8_assignsubmission_file_x.py",
    )
    assert seen(found(tmp_path / "class", unpacked, *names)) == [
        ("Ann B", "7", ["lab.ipynb"], ["utils.py"]),
        ("Ben", "8", ["x.py"], []),
    ]


def test_files_of_canvas_belong_to_users_under_their_own_names(tmp_path: Path, unpacked: Path) -> None:
    names = (
        "dupontjean_1234_98761_lab_2.ipynb",
        "dupontjean_1234_98762_utils-1.py",
        "martinzoé_LATE_77_98763_lab.ipynb",
        "anon_aB3dE_98764_lab.ipynb",
        "anon_Zz1fK_LATE_98765_lab.ipynb",
        "weili_78_text.html",
    )
    lay_importing(tmp_path / "class" / names[0])
    submissions = found(tmp_path / "class", unpacked, *names)
    assert seen(submissions) == [
        ("anon_aB3dE", "anon_aB3dE", ["lab.ipynb"], []),
        ("anon_Zz1fK", "anon_Zz1fK", ["lab.ipynb"], []),
        ("dupontjean", "1234", ["lab_2.ipynb"], ["utils.py"]),
        ("martinzoé", "77", ["lab.ipynb"], []),
        ("weili", "78", [], ["text.html"]),
    ]
    assert [LATE in one.remarks for one in submissions] == [False, True, False, True, False]


def test_a_number_at_the_end_of_a_name_stays_unless_the_code_tells_that_it_is_the_platforms(
    tmp_path: Path, unpacked: Path
) -> None:
    names = ("ann_1_11_lab-1.ipynb", "ben_2_12_lab.ipynb", "ben_2_13_utils-2.py", "ben_2_14_data-1.csv")
    names += ("cem_3_15_lab-1.ipynb", "cem_3_16_utils-1.py", "cem_3_17_utils.py")
    for name in (names[1], names[4]):
        lay_importing(tmp_path / "class" / name)
    assert seen(found(tmp_path / "class", unpacked, *names)) == [
        ("ann", "1", ["lab-1.ipynb"], []),
        ("ben", "2", ["lab.ipynb"], ["data-1.csv", "utils.py"]),
        ("cem", "3", ["lab-1.ipynb"], ["utils-1.py", "utils.py"]),
    ]


@pytest.mark.parametrize(
    "names",
    [
        ("tp_1_2_final.ipynb", "dupont.ipynb"),  # one name that is none of Canvas's
        ("ann_1_2_x.ipynb", "ben_1_2_x.ipynb"),  # an attachment is one file
        ("lab2.ipynb",),
    ],
)
def test_numbers_in_students_own_names_are_no_ids(
    names: tuple[str, ...], tmp_path: Path, unpacked: Path
) -> None:
    submissions = found(tmp_path / "class", unpacked, *names)
    assert {one.student for one in submissions} == {name.removesuffix(".ipynb") for name in names}
    assert all(one.lms_id == "" for one in submissions)


def test_a_file_that_cannot_be_copied_is_that_students_problem(
    tmp_path: Path, unpacked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def copied(file: Path, copy: Path) -> None:
        if "ann" in file.name:
            raise PermissionError(13, "Permission denied")
        copy.write_bytes(file.read_bytes())

    monkeypatch.setattr(gather.shutil, "copyfile", copied)
    ann, ben = found(tmp_path / "class", unpacked, "ann_1_2_lab.ipynb", "ben_2_3_lab.ipynb")
    assert ann.unread == ("ann_1_2_lab.ipynb: it cannot be read (Permission denied). Check its permissions.",)
    assert ben.work


def test_links_are_not_followed_for_their_names(tmp_path: Path, unpacked: Path) -> None:
    (tmp_path / "secret.ipynb").write_text(NOTEBOOK)
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ann_1_2_lab.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (one,) = discover(tmp_path / "class", unpacked=unpacked)
    assert not one.work
    assert not list(unpacked.iterdir())


def test_a_name_that_leads_elsewhere_stays_inside(tmp_path: Path, unpacked: Path) -> None:
    (one,) = found(tmp_path / "class", unpacked, "ann_1_2_...py")
    assert all(path.is_relative_to(unpacked) for path in (*(work.path for work in one.work), *one.helpers))
    assert {path.name for path in tmp_path.iterdir()} == {"class", "unpacked"}


def test_pieces() -> None:
    assert of_moodle("Ann_1") is None
    assert of_moodle("_1_assignsubmission_file_") is None
    assert not of_platform([])
    assert told_apart([("a", "1"), ("a", "1"), ("b", "2")]) == {("a", "1"): "a", ("b", "2"): "b"}
