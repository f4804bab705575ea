# ruff: noqa: E501
"""Attacks by what is handed in: files beside the notebook, links, archives, checkpoints, names, JSON that is no notebook."""

import io
import json
import os
import pickle
import stat
import tarfile
import zipfile

from tests.attacks.hostile.attack import UNTRAINED, Attack, Link, Pipe, cells

MARK = "open('@OUTSIDE@/@MARKER@', 'w').write('x')"
SHADOW = f"try: {MARK}\nexcept OSError: pass\nraise SystemExit('20/20')\n"
LOOK = "\nimport glob\nfor path in glob.glob('**', recursive=True):\n    try: print(path, open(path, 'rb').read(10**6))\n    except OSError as error: print(path, error)\n"


class Runs:
    """Touches a file outside when it is unpickled; made here, never loaded here."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch @OUTSIDE@/@MARKER@",)


def zipped() -> bytes:
    """Names that leave the folder, a link, and 50 MB of zeros in 50 kB."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("../../@MARKER@", "/tmp/@MARKER@", "..\\..\\@MARKER@", "ok.ipynb"):
            archive.writestr(name, "{}")
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("bomb", bytes(50_000_000))
    return made.getvalue()


def tarred() -> bytes:
    """A link to a hidden file, a link to the root, a name below that link, and a name that leaves the folder."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, target in (("hidden.txt", "/etc/shadow"), ("top", "/"), ("hard", "../../../etc/passwd")):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = (tarfile.LNKTYPE if name == "hard" else tarfile.SYMTYPE), target
            archive.addfile(link)
        for name in ("top/tmp/hostile", "../../hostile"):
            archive.addfile(tarfile.TarInfo(name))
    return made.getvalue()


def notebook(source: str = "1", outputs: object = (), **more: object) -> str:
    """A notebook's JSON; `more` goes into its metadata or, by `cell`, into its cell's."""
    cell = {
        "cell_type": "code",
        "metadata": more.pop("cell", {}),
        "source": source,
        "outputs": outputs,
        "execution_count": 1,
        "id": "a",
    }
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": more, "cells": [cell]})


def only(text: str | bytes) -> dict[str, str | bytes | Link | Pipe]:
    return {"work.ipynb": text}


BESIDE = "torch conftest sitecustomize usercustomize json socket numpy ipykernel ipykernel_launcher unittest nbclient"

HAND_INS = {
    "modules_beside": Attack(
        "torch.py, conftest.py, sitecustomize.py and a package named grader beside the notebook",
        cells("import sys\nfor name in ('conftest', 'sitecustomize', 'usercustomize'):\n    try: __import__(name)\n    except BaseException as e: print(e)",
              "import subprocess\nsubprocess.run([sys.executable, '-c', 'import torch'], capture_output=True)"),
        files={f"{name}.py": SHADOW for name in BESIDE.split()}
        | {"grader/__init__.py": SHADOW, "grader/probe/__init__.py": SHADOW, "pytest.ini": "[pytest]", "x.pth": "import os",
           "ipython_config.py": SHADOW, ".ipython/profile_default/startup/0.py": SHADOW, "pyproject.toml": "[", ".env": "A=1"}),
    "pickled_checkpoint": Attack(
        "a checkpoint that runs a command when it is loaded",
        cells("import pickle, torch\nfor load in (torch.load, lambda p: torch.load(p, weights_only=False), lambda p: pickle.load(open(p, 'rb'))):\n"
              "    try: print(load('model.pt'))\n    except Exception as error: print(type(error).__name__)"),
        files={name: pickle.dumps(Runs()) for name in ("model.pt", "weights.pkl", "net1.safetensors", "evidence.json")}),
    "zip_beside": Attack(
        "an archive with names that leave its folder, unpacked by the notebook",
        cells("import shutil, zipfile\ntry: shutil.unpack_archive('work.zip', '.')\nexcept Exception as e: print(e)\n"
              "try: zipfile.ZipFile('work.zip').extractall('/')\nexcept Exception as e: print(e)" + LOOK.replace("10**6", "10**4")),
        files={"work.zip": zipped()}),
    "tar_beside": Attack(
        "an archive with links, unpacked by the notebook",
        cells("import tarfile\nfor member in tarfile.open('work.tar'):\n    try: tarfile.open('work.tar').extract(member, filter='fully_trusted')\n"
              "    except Exception as e: print(e)"),
        files={"work.tar": tarred()}),
    "zip_as_notebook": Attack("an archive under a notebook's name", files=only(zipped())),
    "links_in_the_hand_in": Attack(
        "links to hidden files, folders, other hand-ins, nothing and themselves",
        cells(LOOK),
        files={"notes.txt": Link("@HIDDEN@"), "up": Link(".."), "everything": Link("/"), "other.ipynb": Link("@SUBMISSION@"),
               "other.py": Link("../honest/honest.ipynb"), "nothing": Link("/nowhere"), "process": Link("/proc/self/environ")}),
    "link_to_itself": Attack("a link that leads to itself", cells("print(1)"), files={"itself": Link("itself")}),
    "linked_notebook": Attack("a notebook that is a link to another student's", files={"work.ipynb": Link("../honest/honest.ipynb")}),
    "pipe_beside": Attack("named pipes as notebook, script and helper", cells("print(1)"), files={"a.ipynb": Pipe(), "b.py": Pipe(), "c.txt": Pipe()}),
    "names": Attack(
        "a formula, markup and control characters as names of the student and the files",
        cells("print(1)"),
        files={"=cmd|'x'!A1.ipynb": notebook(), "<script>alert(\"hostile\")<!--.ipynb": notebook("1 / 0"), "a\x1b[31m\n.ipynb": notebook("1 / 0"),
               "-rf.txt": "x", "\u202egnp.py": "x", "[bold]x.ipynb": notebook("1 / 0")},
        name="=HYPERLINK(\"x\") [bold] <script>alert(\"hostile\")<!--"),
    "bytes_as_name": Attack("a name that is not UTF-8", cells("print(1)"), files={"\udcff.ipynb": notebook(), "\udcfe.txt": "x"}),
    "surrogate_source": Attack("source that is no text", files=only(notebook("print('\ud800')"))),
    "surrogate_tags": Attack("tags that are no text", files=only(notebook(cell={"tags": ["\ud800"]}))),
    "surrogate_language": Attack(
        "a language that is no text", files=only(notebook(kernelspec={"name": "\ud800", "language": "\ud801"}))),
    "surrogate_output": Attack(
        "stored outputs that are no text", files=only(notebook(outputs=[{"output_type": "stream", "name": "stdout", "text": "accuracy \ud800 99.9 %"}]))),
    "deep_notebook": Attack("JSON nested a hundred thousand deep", files=only('{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}")),
    "odd_notebook": Attack(
        "every field of another type",
        files=only(json.dumps({"nbformat": [4], "nbformat_minor": {}, "metadata": {"kernelspec": {"name": [], "language": {}}, "grader": 5},
                               "cells": [{"cell_type": ["code"], "source": {"a": 1}, "metadata": 5, "outputs": 5}, 7, None,
                                         {"cell_type": "code", "source": ["1", 2, None], "metadata": {"tags": [1, {}]}, "id": 5}]}))),
    "deep_source": Attack(
        "source that no parser survives",
        cells("-" * 20_000 + "1", "+".join(["1"] * 5_000), "(" * 2_000 + ")" * 2_000, "a" + ".b" * 5_000, "f'" + "{" * 500),
        files={"deep.py": "-" * 50_000 + "1\nimport torch", "wide.py": "+".join(["1"] * 50_000)}),
    "long_lines": Attack(
        "stored outputs and source on which a pattern could go on for ever",
        files=only(notebook(
            "x = '" + "a/" * 50_000 + "'\n" + " " * 50_000 + "#",
            outputs=[{"output_type": "stream", "name": "stdout", "text": part * 10_000}
                     for part in ("accuracy ", "1 ", "1.", "accuracy: 1 % ", "epoch 1/1 ", "a|", " \n", "=", "test acc ", "0" * 10)]))),
    "settings_of_the_grader": Attack(
        "metadata in the grader's own words",
        files=only(notebook(UNTRAINED.replace("# %%", ""), grader={"script": "/etc/passwd", "directories": ["../../@MARKER@", "/tmp/@MARKER@"]}, score=20)),
        at_most="untrained"),
}  # fmt: skip
