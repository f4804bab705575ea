"""Arguments in, exit code out. Nothing heavy is imported before it is needed: `grade --help` must answer at once."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from grader import __version__
from grader.errors import GraderError

ALL_DECIDED, SOME_UNDECIDED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

EPILOG = """\
commands:
  grade SUBMISSIONS     grade a folder of notebooks and scripts (or one file)
  grade demo            grade the example class that comes with the grader
  grade assignments     list the labs that can be graded

exit codes:
  0 every mark is decided (written answers may wait for a person)   1 something is undecided: somebody must look
  2 wrong usage                                                     130 interrupted; run again to go on
"""


def parser() -> argparse.ArgumentParser:
    """The command line, exactly as README.md documents it."""
    new = argparse.ArgumentParser(
        prog="grade",
        description="Grades PyTorch lab notebooks by what their code does.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    new.add_argument(
        "submissions", metavar="SUBMISSIONS", help="folder of hand-ins, one notebook, 'demo' or 'assignments'"
    )
    new.add_argument("--assignment", metavar="ID", help="the lab; recognised from the notebooks if left out")
    new.add_argument(
        "--out", metavar="DIR", type=Path, help="where results go (default: results; demo-results for demo)"
    )
    new.add_argument(
        "--profile", choices=("quick", "full"), help="budget (default: full with a GPU, quick without)"
    )
    new.add_argument("--data", metavar="DIR", type=Path, help="the real images, laid out as torchvision does")
    new.add_argument(
        "--device", default="auto", metavar="auto|cpu|cuda|cuda:N", help="where notebooks run (default: auto)"
    )
    new.add_argument(
        "--jobs", metavar="N", type=int, help="notebooks at a time (default: by cores and memory)"
    )
    new.add_argument("--only", metavar="NAME", help="only the students whose name matches")
    new.add_argument("--force", action="store_true", help="run everything again, whatever is stored")
    new.add_argument(
        "--rejudge", action="store_true", help="run nothing; judge what is stored by today's rubric"
    )
    new.add_argument("--version", action="version", version=f"grade {__version__}")
    return new


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code; argparse itself exits with 2 on wrong usage."""
    arguments = parser().parse_args(argv)
    try:
        if arguments.submissions == "assignments":  # a folder of that name is ./assignments
            return list_assignments()
        return run(arguments)
    except GraderError as error:
        print(f"grade: {error}", file=sys.stderr)
        return WRONG_USAGE
    except KeyboardInterrupt:
        print(
            "grade: interrupted; what was finished is kept, run the same command again to go on",
            file=sys.stderr,
        )
        return INTERRUPTED


def list_assignments() -> int:
    from grader.catalog import all_assignments

    for assignment in all_assignments():
        print(f"{assignment.id:20} {assignment.title} ({assignment.max_score:g} points)")
    return ALL_DECIDED


def run(arguments: argparse.Namespace) -> int:
    from grader.pipeline import grade
    from grader.session import Options, demo_options

    demo = arguments.submissions == "demo"  # a folder of that name is ./demo
    options = Options(
        submissions=Path(arguments.submissions),
        assignment=arguments.assignment,
        out=arguments.out or Path("demo-results" if demo else "results"),
        profile=arguments.profile,
        data=arguments.data,
        device=arguments.device,
        jobs=arguments.jobs,
        only=arguments.only,
        force=arguments.force,
        rejudge=arguments.rejudge,
    )
    graded = grade(demo_options(options) if demo else options)
    decided = not graded.not_graded and all(result.decided for result in graded.results)
    return ALL_DECIDED if decided else SOME_UNDECIDED


if __name__ == "__main__":
    raise SystemExit(main())
