"""Grades PyTorch lab notebooks by what their code does. See README.md; the stages are composed in pipeline.py."""

import os

__version__ = "0.1.0"

BEING_GRADED = "GRADER_KERNEL"  # environment variable of every process that a grading run starts


def check(notebook: str | None = None) -> None:
    """In a cell of your notebook: grade it as it was last saved, and print what to look at next.

    `notebook`: its file, where Jupyter does not tell it. In a notebook that is being graded nothing happens.
    """
    if BEING_GRADED in os.environ:
        print("grader.check(): this notebook is being graded, nothing is checked in it")
        return
    from grader.self_check import check_saved

    check_saved(notebook)
