"""Arguments in, exit code out. Nothing heavy is imported before it is needed: `grade --help` must answer at once."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from grader import BEING_GRADED, __version__
from grader.errors import GraderError, UsageError

if TYPE_CHECKING:
    from grader.schema.result import ClassResult

FULL_STEPS = 30 * 391  # 30 epochs of batches of 128
ALL_DECIDED, SOME_UNDECIDED, WRONG_USAGE, INTERRUPTED = 0, 1, 2, 130

EPILOG = """\
commands:
  grade SUBMISSIONS     grade a folder of notebooks and scripts (or one file)
  grade check FILE      look at your own notebook before you hand it in (grade check --help)
  grade review DIR      settle the marks that wait for a person, from DIR/review.csv (grade review --help)
  grade export KIND DIR write stored results into a file of Canvas, Moodle or Gradescope (grade export --help)
  grade demo            grade the example class that comes with the grader
  grade assignments     list the labs that can be graded
  grade calibrate ID    train the lab's reference again, for the accuracy bands (grade calibrate --help)

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
        "submissions",
        metavar="SUBMISSIONS",
        help="folder or archive of hand-ins, one notebook, 'demo' or 'assignments'",
    )
    new.add_argument(
        "--out", metavar="DIR", type=Path, help="where results go (default: results; demo-results for demo)"
    )
    add_how_to_run(new)
    new.add_argument(
        "--jobs",
        metavar="N",
        type=int,
        help="notebooks at a time (default: by cores and memory, the GPU's too)",
    )
    new.add_argument("--only", metavar="NAME", help="only the students whose name matches")
    new.add_argument(
        "--folder",
        metavar="NAME",
        help="of each student's folder the one of that name, where several labs lie side by side (.: all is one hand-in)",
    )
    new.add_argument(
        "--rejudge", action="store_true", help="run nothing; judge what is stored by today's rubric"
    )
    new.add_argument(
        "--sandbox",
        choices=("auto", "off"),
        default="auto",
        help="auto: the best that this machine allows, or none of the notebooks is run; off: they get your rights",
    )
    new.add_argument("--version", action="version", version=f"grade {__version__}")
    return new


def add_how_to_run(new: argparse.ArgumentParser) -> None:
    """What is the same for a class and for one's own notebook."""
    new.add_argument("--assignment", metavar="ID", help="the lab; recognised from the notebooks if left out")
    new.add_argument(
        "--profile", choices=("quick", "full"), help="budget (default: full with a GPU, quick without)"
    )
    new.add_argument("--data", metavar="DIR", type=Path, help="the real images, laid out as torchvision does")
    new.add_argument(
        "--weights",
        metavar="DIR",
        type=Path,
        help="published weights by their file names; notebooks may read them (without: stand-ins)",
    )
    new.add_argument(
        "--device", default="auto", metavar="auto|cpu|cuda|cuda:N", help="where notebooks run (default: auto)"
    )
    new.add_argument("--force", action="store_true", help="run everything again, whatever is stored")


def main(argv: Sequence[str] | None = None) -> int:
    """Returns the exit code; argparse itself exits with 2 on wrong usage."""
    given = sys.argv[1:] if argv is None else list(argv)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as Ctrl-C: kernels end, scratch space goes
    try:
        if given[:1] == ["calibrate"]:  # a folder of that name is ./calibrate
            return calibrate(calibrate_parser().parse_args(given[1:]))
        if given[:1] == ["check"]:  # a folder of that name is ./check
            return check(check_parser().parse_args(given[1:]))
        if given[:1] == ["review"]:  # a folder of that name is ./review
            return review(review_parser().parse_args(given[1:]))
        if given[:1] == ["export"]:  # a folder of that name is ./export
            return export(export_parser().parse_args(given[1:]))
        arguments = parser().parse_args(given)
        if arguments.submissions == "assignments":  # a folder of that name is ./assignments
            return list_assignments()
        return run(arguments)
    except GraderError as error:
        print(f"grade: {error}", file=sys.stderr)
        return WRONG_USAGE
    except BrokenPipeError:  # whoever read the output has seen enough; results are files
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115  the interpreter closes it at its end
        return SOME_UNDECIDED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(
            f"grade: {where}{error.strerror or error}. What was finished is kept; put this right and run the same command "
            "again to go on",
            file=sys.stderr,
        )
        return WRONG_USAGE
    except KeyboardInterrupt:
        print(
            "grade: interrupted; what was finished is kept, run the same command again to go on",
            file=sys.stderr,
        )
        return INTERRUPTED


def check_parser() -> argparse.ArgumentParser:
    new = argparse.ArgumentParser(
        prog="grade check",
        description="Runs your own notebook as it will be graded and says what to look at next. Without a GPU each training "
        "run is kept short. Where there is no sandbox the notebook runs with your rights, as in Jupyter.",
    )
    new.add_argument("file", metavar="FILE", type=Path, help="your notebook or script")
    new.add_argument("--out", metavar="DIR", type=Path, default=Path("check-results"), help="for the report")
    add_how_to_run(new)
    return new


def check(arguments: argparse.Namespace) -> int:
    if BEING_GRADED in os.environ:
        print("grade check: this notebook is being graded, nothing is checked in it")
        return ALL_DECIDED
    from grader.discovery.folders import is_work
    from grader.given import place

    file = place(arguments.file)
    # an archive may hold others' work, which must not run with these rights
    if not file.is_file() or not is_work(file):
        found = "a folder" if file.is_dir() else "no notebook" if file.exists() else "no such file"
        raise UsageError(f"{arguments.file}: {found}; give your notebook (.ipynb) or script (.py)")
    from grader.pipeline import check as run_and_print
    from grader.session import Options

    graded = run_and_print(
        Options(
            submissions=arguments.file,
            assignment=arguments.assignment,
            out=arguments.out,
            profile=arguments.profile,
            data=arguments.data,
            weights=arguments.weights,
            device=arguments.device,
            jobs=1,
            force=arguments.force,
            own=True,
        )
    )
    return exit_code(graded)


def export_parser() -> argparse.ArgumentParser:
    new = argparse.ArgumentParser(
        prog="grade export",
        description="Writes stored results into a file of a learning platform. Of the file that you downloaded one column "
        "is filled in, all else stays as it was; undecided results are left to you.",
    )
    new.add_argument(
        "platform", metavar="canvas|moodle|gradescope", choices=("canvas", "moodle", "gradescope")
    )
    new.add_argument(
        "results", metavar="DIR", type=Path, nargs="?", default=Path("results"), help="default: results"
    )
    new.add_argument(
        "--template",
        metavar="FILE",
        type=Path,
        help="Canvas's exported grade book, or Moodle's grading worksheet",
    )
    new.add_argument("--column", metavar="NAME", help="its column, where that is not clear")
    new.add_argument("--out", metavar="FILE", type=Path, help="default: the template's name with -graded")
    return new


def export(arguments: argparse.Namespace) -> int:
    from grader.exports.export import export as write

    said = write(arguments.platform, arguments.results, arguments.template, arguments.column, arguments.out)
    print("\n".join(said))
    return ALL_DECIDED


def review_parser() -> argparse.ArgumentParser:
    new = argparse.ArgumentParser(
        prog="grade review",
        description="Puts the points and comments that you wrote into DIR/review.csv into the results, the pages and the "
        "grade book. Every run writes that file: a row for each mark that waits for a person. A row that you add, with its "
        "folder, task and check, overrules the grader; a row whose points you clear leaves the mark to it again.",
    )
    new.add_argument(
        "results", metavar="DIR", type=Path, nargs="?", default=Path("results"), help="default: results"
    )
    return new


def review(arguments: argparse.Namespace) -> int:
    from rich.console import Console

    from grader.pipeline import review as settle
    from grader.reporting.terminal import print_summary

    graded, said = settle(arguments.results)
    print_summary(Console(), graded, arguments.results)
    print("\n".join(said))
    return exit_code(graded)


def exit_code(graded: "ClassResult") -> int:
    decided = not graded.not_graded and all(result.decided for result in graded.results)
    return ALL_DECIDED if decided else SOME_UNDECIDED


def calibrate_parser() -> argparse.ArgumentParser:
    new = argparse.ArgumentParser(
        prog="grade calibrate",
        description="Trains the lab's reference several times with each usual setting and updates calibration.json.",
    )
    new.add_argument("assignment", metavar="ID")
    new.add_argument("--profile", choices=("quick", "full"), default="quick")
    new.add_argument("--data", metavar="DIR", type=Path, help="the real images; without it, the stand-in")
    new.add_argument(
        "--weights", metavar="DIR", type=Path, help="published weights, for labs that compare approaches"
    )
    new.add_argument(
        "--runs", metavar="N", type=int, default=8, help="of each setting, 3 at least (default: 8)"
    )
    new.add_argument("--device", metavar="cpu|cuda|cuda:N", default="cpu")
    new.add_argument(
        "--steps", metavar="N", type=int, help="of each run (default: the profile's; full: 30 epochs)"
    )
    return new


def calibrate(arguments: argparse.Namespace) -> int:
    if arguments.runs < 3:
        raise UsageError(f"--runs {arguments.runs}: expected 3 or more, for a spread")
    if arguments.steps is not None and arguments.steps < 1:
        raise UsageError(f"--steps {arguments.steps}: expected 1 or more")
    from grader.catalog import assignment_folder, load_assignment
    from grader.datasets.store import default_cache, prepare
    from grader.evaluation.calibrate import bring_up_to_date
    from grader.evaluation.calibrate import calibrate as train
    from grader.profiles import profile_for
    from grader.session import cuda_of

    cuda_of(arguments.device)
    assignment = load_assignment(arguments.assignment)
    if assignment.comparison is not None:
        return calibrate_comparison(arguments, assignment.id, assignment.comparison)
    if assignment.reference is None:
        raise UsageError(f"{assignment.id}: this lab asks for no network in particular, nothing to calibrate")
    images = prepare(assignment.dataset, arguments.data, default_cache())
    profile = profile_for(arguments.profile, images.source)
    steps = arguments.steps or profile.train_steps or FULL_STEPS
    found = []
    for run in train(assignment.reference, images, profile, steps, arguments.runs, arguments.device):
        found.append(run)
        setting = f"{run.optimizer} rate {run.rate:g} momentum {run.momentum:g} batch {run.batch_size}"
        setting += ", cropped, flipped, dropout" if run.augmented else ""
        print(
            f"{setting}: {100 * run.mean:.1f} % ± {100 * run.spread:.1f}, n = {len(run.accuracies)}",
            flush=True,
        )
    path = assignment_folder(assignment.id) / "calibration.json"
    bring_up_to_date(path, found)
    print(
        f"{path}: {len(found)} settings, {profile.name} profile, {images.source} images, {steps} steps each"
    )
    return ALL_DECIDED


def calibrate_comparison(arguments: argparse.Namespace, lab: str, module: str) -> int:
    """For the full profile, of which it is the spread that counts."""
    from grader.catalog import assignment_folder
    from grader.datasets.store import default_cache
    from grader.datasets.weights import weights_folder
    from grader.evaluation.calibrate import bring_up_to_date
    from grader.evaluation.calibrate_approaches import calibrate_approaches, networks_in

    weights = weights_folder(arguments.weights, default_cache())
    if arguments.data is None or weights is None or not networks_in(weights):
        raise UsageError(
            f"{lab}: give --data, the real images, and --weights, a folder with the published file of at least "
            "one of SqueezeNet 1.1, AlexNet, VGG-11 and ResNet-18: without them accuracies mean nothing"
        )
    found = []
    for run in calibrate_approaches(module, arguments.data, weights, arguments.runs, arguments.device):
        found.append(run)
        title = f"{run.mode} {run.network}".strip()
        print(
            f"{title}: {100 * run.mean:.1f} % ± {100 * run.spread:.1f}, n = {len(run.accuracies)}", flush=True
        )
    path = assignment_folder(lab) / "calibration.json"
    bring_up_to_date(path, approaches=found)
    print(f"{path}: {len(found)} approaches")
    return ALL_DECIDED


def list_assignments() -> int:
    from grader.catalog import all_assignments

    for assignment in all_assignments():
        print(f"{assignment.id:20} {assignment.title} ({assignment.max_score:g} points)")
    return ALL_DECIDED


def run(arguments: argparse.Namespace) -> int:
    from grader.pipeline import grade
    from grader.session import Options, demo_options

    if not arguments.submissions:
        raise UsageError("an empty name was given for SUBMISSIONS; the folder that one stands in is .")
    demo = arguments.submissions == "demo"  # a folder of that name is ./demo
    options = Options(
        submissions=Path(arguments.submissions),
        assignment=arguments.assignment,
        out=arguments.out or Path("demo-results" if demo else "results"),
        profile=arguments.profile,
        data=arguments.data,
        weights=arguments.weights,
        device=arguments.device,
        jobs=arguments.jobs,
        only=arguments.only,
        folder=arguments.folder,
        force=arguments.force,
        rejudge=arguments.rejudge,
        sandbox=arguments.sandbox,
    )
    graded = grade(demo_options(options) if demo else options)
    return exit_code(graded)


if __name__ == "__main__":
    raise SystemExit(main())
