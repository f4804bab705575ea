"""Archives as hand-ins: what is in them is found, and hostile ones write nothing outside and cost nobody else anything."""

import gzip
import io
import random
import stat
import tarfile
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from grader.discovery import archives, discover, gather
from grader.discovery.archives import NotUnpacked, Room, unpack
from grader.errors import UsageError

NOTEBOOK = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def pack(path: Path, **files: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return path


def raw(path: Path, *names: str, mode: int = stat.S_IFREG | 0o644) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            packed.writestr(info, "/etc/passwd")
    return path


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "into").mkdir()
    return tmp_path / "into"


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_students_archive_is_looked_into(tmp_path: Path, into: Path) -> None:
    pack(tmp_path / "class" / "alice" / "tp.zip", **{"tp/lab.ipynb": NOTEBOOK, "tp/utils.py": "x = 1"})
    pack(tmp_path / "class" / "bob.zip", **{"lab.ipynb": NOTEBOOK, "__MACOSX/._lab.ipynb": "junk"})
    alice, bob = discover(tmp_path / "class", unpacked=into)
    assert [(one.student, [work.path.name for work in one.work], one.problems) for one in (alice, bob)] == [
        ("alice", ["lab.ipynb"], ()),
        ("bob", ["lab.ipynb"], ()),
    ]
    assert [path.name for path in alice.helpers] == ["utils.py"]
    assert alice.remarks == ("tp.zip: unpacked",)


def test_an_archive_beside_work_stays_packed(tmp_path: Path, into: Path) -> None:
    home = pack(tmp_path / "class" / "alice" / "data.zip", **{"other.ipynb": NOTEBOOK}).parent
    (home / "lab.ipynb").write_text(NOTEBOOK)
    (alice,) = discover(tmp_path / "class", unpacked=into)
    assert [work.path.name for work in alice.work] == ["lab.ipynb"]
    assert not files(into)


def test_a_class_can_be_given_as_the_archive_that_a_platform_packed(tmp_path: Path, into: Path) -> None:
    names = {f"Zoé B_{n}_assignsubmission_file_/lab.ipynb": NOTEBOOK for n in (31, 32)}
    path = pack(tmp_path / "class.zip", **names)
    found = discover(path, unpacked=into)
    assert [(one.student, one.lms_id) for one in found] == [("Zoé B (31)", "31"), ("Zoé B (32)", "32")]


def test_the_one_folder_that_a_class_was_packed_as_is_the_class(tmp_path: Path, into: Path) -> None:
    path = pack(tmp_path / "class.zip", **{"tp/ann/lab.ipynb": NOTEBOOK, "tp/ben/lab.ipynb": NOTEBOOK})
    assert [one.student for one in discover(path, unpacked=into)] == ["ann", "ben"]


def test_several_notebooks_in_that_folder_are_as_many_students(tmp_path: Path, into: Path) -> None:
    path = pack(tmp_path / "class.zip", **{"tp/": "", "tp/ann.ipynb": NOTEBOOK, "tp/ben.ipynb": NOTEBOOK})
    assert [one.student for one in discover(path, unpacked=into)] == ["ann", "ben"]


def test_a_platforms_files_may_be_packed_again_as_a_folder(tmp_path: Path, into: Path) -> None:
    path = pack(tmp_path / "class.zip", **{"tp/ann_1_2_lab.ipynb": NOTEBOOK})
    assert [(one.student, one.lms_id) for one in discover(path, unpacked=into)] == [("ann", "1")]


def test_one_hand_in_in_that_folder_is_a_student(tmp_path: Path, into: Path) -> None:
    path = pack(tmp_path / "tp.zip", **{"tp/lab.ipynb": NOTEBOOK, "tp/utils.py": "x = 1"})
    assert [one.student for one in discover(path, unpacked=into)] == ["tp"]


def test_what_is_left_out_of_a_class_is_looked_at_by_a_person(tmp_path: Path, into: Path) -> None:
    deep = "Ben_8_assignsubmission_file_/" + "a/" * 30 + "lab.ipynb"
    path = pack(tmp_path / "class.zip", **{"ann/lab.ipynb": NOTEBOOK, deep: NOTEBOOK})
    ann, rest = discover(path, unpacked=into)
    assert (ann.student, rest.student) == ("ann", "class.zip")
    assert "Ben_8" in rest.unread[0]


def test_a_damaged_class_says_what_to_do(tmp_path: Path, into: Path) -> None:
    (tmp_path / "class.zip").write_bytes(b"PK nothing")
    with pytest.raises(UsageError, match=r"class\.zip: it is damaged .*give the folder"):
        discover(tmp_path / "class.zip", unpacked=into)


def test_tar_archives_are_read(tmp_path: Path, into: Path) -> None:
    with tarfile.open(tmp_path / "lab.tar.gz", "w:gz") as tape:
        entry = tarfile.TarInfo("tp/lab.ipynb")
        entry.size = len(NOTEBOOK)
        tape.addfile(entry, io.BytesIO(NOTEBOOK.encode()))
        for kind, name in ((tarfile.SYMTYPE, "link"), (tarfile.CHRTYPE, "device")):
            odd = tarfile.TarInfo(name)
            odd.type, odd.linkname = kind, "/etc/passwd"
            tape.addfile(odd)
    left_out = unpack(tmp_path / "lab.tar.gz", into)
    assert files(into) == {"tp/lab.ipynb"}
    assert len(left_out) == 2
    assert "link: a link" in left_out[0]


@pytest.mark.parametrize(
    "name",
    ["../out.txt", "/out.txt", "a/../../out.txt", "C:/out.txt", "..\\out.txt", "a/" * 30 + "x", "n" * 256],
)
def test_nothing_is_written_outside(name: str, tmp_path: Path, into: Path) -> None:
    left_out = unpack(raw(tmp_path / "x.zip", name, "kept.txt"), into)
    assert files(tmp_path) == {"x.zip", "into/kept.txt"}
    assert len(left_out) == 1
    assert "left out of x.zip" in left_out[0]


def test_folders_of_windows_are_folders(tmp_path: Path, into: Path) -> None:
    assert not unpack(raw(tmp_path / "x.zip", "tp\\", "tp\\lab.ipynb"), into)
    assert files(into) == {"tp/lab.ipynb"}


def test_a_colon_in_a_name_is_no_drive(tmp_path: Path, into: Path) -> None:
    assert not unpack(raw(tmp_path / "x.zip", "TP1: CNN/lab.ipynb"), into)
    assert files(into) == {"TP1: CNN/lab.ipynb"}


def test_names_in_utf_8_need_not_say_so(tmp_path: Path, into: Path) -> None:
    path = raw(tmp_path / "x.zip", "Zoe\u0301/données.ipynb")
    data = bytearray(path.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 7), (b"PK\x01\x02", 9)):
        data[data.index(mark) + flags] &= ~0x08
    path.write_bytes(data)
    assert not unpack(path, into)
    assert files(into) == {"Zo\u00e9/données.ipynb"}


def test_names_of_ms_dos_are_read_as_such(tmp_path: Path, into: Path) -> None:
    path = raw(tmp_path / "x.zip", "caf_.ipynb")
    path.write_bytes(path.read_bytes().replace(b"caf_", b"caf\x82"))
    assert not unpack(path, into)
    assert files(into) == {"café.ipynb"}


def test_links_are_left_out(tmp_path: Path, into: Path) -> None:
    left_out = unpack(raw(tmp_path / "x.zip", "lab.ipynb", mode=stat.S_IFLNK | 0o777), into)
    assert left_out == ["lab.ipynb: a link, left out of x.zip."]
    assert not files(into)


def test_a_file_and_a_folder_of_one_name_do_not_stop_the_rest(tmp_path: Path, into: Path) -> None:
    left_out = unpack(raw(tmp_path / "x.zip", "a", "a/b", "c/d", "c", "kept.txt"), into)
    assert files(into) == {"a", "c/d", "kept.txt"}
    assert len(left_out) == 2


def test_what_comes_out_is_counted_as_it_is_written(tmp_path: Path, into: Path) -> None:
    bomb = pack(tmp_path / "bomb.zip", zeros="0" * 3_000_000)
    assert bomb.stat().st_size < 10_000
    with pytest.raises(NotUnpacked, match="too much"):
        unpack(bomb, into, Room(bytes=1_000_000, files=10))
    assert not files(into)


def test_many_files_are_refused_before_their_list_is_read(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = pack(tmp_path / "many.zip", **{f"{n}.txt": "" for n in range(200)})
    with pytest.raises(NotUnpacked, match="more than 100 files"):
        unpack(many, into, Room(bytes=10**6, files=100))
    monkeypatch.setattr(archives.zipfile, "ZipFile", lambda _: pytest.fail("the list was read"))
    with pytest.raises(NotUnpacked, match="more than 5 files"):
        unpack(many, into, Room(bytes=10**6, files=5))


def test_the_longest_list_counts_whichever_record_names_it(tmp_path: Path, into: Path) -> None:
    path = pack(tmp_path / "many.zip", **{f"{n}.txt": "" for n in range(200)})
    data = path.read_bytes()
    end = data.index(b"PK\x05\x06")
    second = b"PK\x06\x06" + bytes(36) + data[end + 12 : end + 16] + bytes(12)
    path.write_bytes(data[:end] + second + data[end : end + 12] + bytes(4) + data[end + 16 :])
    with pytest.raises(NotUnpacked, match="more than 5 files"):
        unpack(path, into, Room(bytes=10**6, files=5))


def test_a_header_of_a_tape_takes_no_memory(tmp_path: Path, into: Path) -> None:
    header = tarfile.TarInfo("x")
    header.type, header.size = tarfile.XHDTYPE, 50 * 2**20
    with gzip.open(tmp_path / "lab.tar.gz", "wb", compresslevel=1) as tape:
        tape.write(header.tobuf() + bytes(header.size))
    tracemalloc.start()
    with pytest.raises(NotUnpacked, match="damaged"):
        unpack(tmp_path / "lab.tar.gz", into)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < header.size


def test_what_is_skipped_on_a_tape_counts_too(tmp_path: Path, into: Path) -> None:
    link = tarfile.TarInfo("x")
    link.type, link.size = b"9", 3_000_000  # of no kind that is known; its content is passed over
    with tarfile.open(tmp_path / "lab.tar.gz", "w:gz") as tape:
        tape.addfile(link, io.BytesIO(bytes(link.size)))
        tape.addfile(tarfile.TarInfo("y"))
    with pytest.raises(NotUnpacked, match="too much"):
        unpack(tmp_path / "lab.tar.gz", into, Room(bytes=1_000_000, files=10))


def test_things_left_out_are_counted_beyond_some(tmp_path: Path, into: Path) -> None:
    names = [f"link{n}" for n in range(30)]
    left_out = unpack(raw(tmp_path / "x.zip", *names, mode=stat.S_IFLNK | 0o777), into)
    assert left_out[20:] == ["x.zip: 10 more left out."]


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_a_damaged_member_is_that_students_problem(method: int, tmp_path: Path, into: Path) -> None:
    path = tmp_path / "class" / "ann.zip"
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w", method) as packed:
        packed.writestr("lab.ipynb", random.Random(0).randbytes(5_000))
    data = bytearray(path.read_bytes())
    data[60:400] = b"\xff" * 340
    path.write_bytes(data)
    (ann,) = discover(path.parent, unpacked=into)
    assert not ann.work
    assert "ann.zip: not unpacked" in ann.unread[0]
    assert {*ann.unread} <= {*ann.problems}


def test_archives_that_are_none_or_locked_are_that_students_problem(tmp_path: Path, into: Path) -> None:
    (tmp_path / "class" / "ann").mkdir(parents=True)
    (tmp_path / "class" / "ann" / "lab.zip").write_bytes(b"not an archive")
    locked = pack(tmp_path / "class" / "ben.zip", **{"lab.ipynb": NOTEBOOK})
    data = bytearray(locked.read_bytes())
    for mark in (b"PK\x03\x04", b"PK\x01\x02"):  # the flag that says: encrypted
        data[data.index(mark) + (6 if mark[2] == 3 else 8)] |= 1
    locked.write_bytes(data)
    pack(tmp_path / "class" / "carol.zip", **{"lab.ipynb": NOTEBOOK})
    ann, ben, carol = discover(tmp_path / "class", unpacked=into)
    assert any("lab.zip: not unpacked, it is damaged" in problem for problem in ann.problems)
    assert any("locked by a password" in problem for problem in ben.problems)
    assert carol.problems == ()


def test_several_archives_of_a_student_may_hold_the_same_names(tmp_path: Path, into: Path) -> None:
    for name in ("part1.zip", "part2.zip"):
        pack(tmp_path / "class" / "ann" / name, **{"lab.ipynb": NOTEBOOK})
    (ann,) = discover(tmp_path / "class", unpacked=into)
    names = [work.path.relative_to(ann.root).as_posix() for work in ann.work]
    assert names == ["part1.zip/lab.ipynb", "part2.zip/lab.ipynb"]


def test_several_archives_of_a_student_share_the_room_of_one(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gather, "STUDENT", Room(bytes=1_000_000, files=10))
    for name in ("a.zip", "b.zip"):
        pack(tmp_path / "class" / "ann" / name, zeros="0" * 600_000)
    (ann,) = discover(tmp_path / "class", unpacked=into)
    assert sum("holds too much" in reason for reason in ann.unread) == 2


def test_what_lies_beside_an_archive_is_kept(tmp_path: Path, into: Path) -> None:
    home = pack(tmp_path / "class" / "ann" / "lab.zip", **{"lab.ipynb": NOTEBOOK}).parent
    (home / "utils.py").write_text("x = 1")
    (home / "old.rar").write_bytes(b"Rar!")
    (ann,) = discover(tmp_path / "class", unpacked=into)
    assert [work.path.name for work in ann.work] == ["lab.ipynb"]
    assert [path.name for path in ann.helpers] == ["old.rar", "utils.py"]
    assert ann.problems == ("old.rar: an archive, not looked into. If it holds work, unpack it.",)
    assert ann.unread == ()


def test_an_archive_that_cannot_be_read_may_hide_the_work(tmp_path: Path, into: Path) -> None:
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "ann.7z").write_bytes(b"7z")
    (tmp_path / "class" / "ben.pdf").write_bytes(b"%PDF")
    (tmp_path / "class" / "cid.tar.xz").write_bytes(b"xz")
    ann, ben, cid = discover(tmp_path / "class", unpacked=into)
    assert ann.unread == ("ann.7z: an archive, not looked into. If it holds work, unpack it.",)
    assert ben.unread == ()
    assert (cid.student, len(cid.unread)) == ("cid", 1)


def test_a_link_to_an_archive_is_not_followed(tmp_path: Path, into: Path) -> None:
    pack(tmp_path / "answers.zip", **{"lab.ipynb": NOTEBOOK})
    (tmp_path / "class" / "ann").mkdir(parents=True)
    (tmp_path / "class" / "ann" / "lab.zip").symlink_to(tmp_path / "answers.zip")
    (ann,) = discover(tmp_path / "class", unpacked=into)
    assert not ann.work
    assert not files(into)


def test_an_archive_in_an_archive_stays_packed(tmp_path: Path, into: Path) -> None:
    inner = pack(tmp_path / "inner.zip", **{"lab.ipynb": NOTEBOOK})
    (tmp_path / "class").mkdir()
    with zipfile.ZipFile(tmp_path / "class" / "ann.zip", "w") as packed:
        packed.write(inner, "inner.zip")
    (ann,) = discover(tmp_path / "class", unpacked=into)
    assert any("inner.zip: an archive, not looked into" in problem for problem in ann.problems)
