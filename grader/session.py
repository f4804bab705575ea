"""What is the same for a whole class: the command line, made concrete and checked before the first kernel starts."""

import os
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from grader.catalog import assignment_folder, choose_assignment, load_calibration
from grader.datasets.store import ImageSet, default_cache, prepare
from grader.datasets.trials import trials_of
from grader.datasets.weights import weights_folder, weights_in
from grader.errors import UsageError
from grader.execution.packages import PACKAGES
from grader.execution.provisioner import server_environment, short_home
from grader.execution.runner import Setting
from grader.execution.sandbox.confinement import Confinement, confinement_here
from grader.execution.sandbox.levels import REMEDY
from grader.execution.sandbox.plan import Limits
from grader.execution.sandbox.watch import LITTLE
from grader.execution.warm import ForkServer, forking_works
from grader.given import place
from grader.machine import cores, free_memory
from grader.profiles import profile_for
from grader.review import Review, read_review, require_possible
from grader.schema.assignment import Assignment, PieceSpec
from grader.schema.calibration import Calibration
from grader.schema.execution import Execution
from grader.schema.profile import Profile, ProfileName
from grader.schema.submission import Submission
from grader.store import read_model

SEED = 0  # every kernel starts from it
DEMO_CELL_SECONDS = 60.0  # the example class holds an endless loop
LEAST_MEMORY, MOST_MEMORY = 4 * 10**9, 16 * 10**9  # bytes, of one notebook with all that it starts
MEMORY_SHARE = 0.8  # of the available memory, for all notebooks that run at a time
DISK, LEAST_DISK = 4 * 10**9, 10**9  # bytes, of one notebook; as much again for its evidence
GIGABYTES_PER_KERNEL = 3  # measured: a torch kernel in training stays below 1.5
GIGABYTES_PER_GPU_KERNEL = 6  # of the GPU: CUDA's own and what the labs' networks take; not measured yet


@dataclass(frozen=True)
class Options:
    """The command line."""

    submissions: Path
    assignment: str | None = None
    out: Path = Path("results")
    profile: ProfileName | None = None
    data: Path | None = None
    device: str = "auto"
    jobs: int | None = None
    only: str | None = None
    folder: str | None = None  # below each student's
    force: bool = False
    rejudge: bool = False
    sandbox: str = "auto"
    weights: Path | None = None
    cell_seconds: float | None = None
    own: bool = False  # the person's own work, which may run with their rights where there is no sandbox


def demo_options(options: Options) -> Options:
    """The embedded example class."""
    folder = assignment_folder("cifar_cnn") / "examples"
    return replace(options, submissions=folder, assignment="cifar_cnn", cell_seconds=DEMO_CELL_SECONDS)


@dataclass(frozen=True)
class Session:
    """What is the same for the whole class."""

    options: Options
    assignment: Assignment
    calibration: Calibration
    images: ImageSet
    profile: Profile
    setting: Setting
    out: Path
    review: Review  # what persons have decided

    @property
    def data(self) -> str:
        """Which images graded the class, in a sentence; "" where no mark depends on them."""
        return self.images.sentence if self.assignment.looks_at_images else ""


def check_stored(session: Session, submissions: list[Submission]) -> None:
    """--rejudge needs runs, made on the images that were given; raises UsageError otherwise."""
    runs = {s.slug: read_model(session.out / s.slug / "execution.json", Execution) for s in submissions}
    if not any(runs.values()):
        raise UsageError(
            f"--rejudge: nothing is stored in {session.options.out}. Run without --rejudge first."
        )
    for submission in submissions:
        stored = runs[submission.slug]
        if stored is not None and stored.images != session.images.identity:
            raise UsageError(
                f"--rejudge: {submission.student} was run on other images than these ({session.images.sentence}). "
                "Give --data as it was given then, or run again without --rejudge."
            )


def cuda_of(device: str) -> str | None:
    """CUDA_VISIBLE_DEVICES for kernels: None without a GPU. Looks for device files, so that no CUDA starts here."""
    present = Path("/dev/nvidia0").exists() or Path("/proc/driver/nvidia/gpus").exists()
    kind, _, index = device.partition(":")
    if kind not in ("auto", "cpu", "cuda") or (index and (kind != "cuda" or not index.isdigit())):
        raise UsageError(f"--device {device}: expected auto, cpu, cuda or cuda:N")
    if kind == "cuda" and not present:
        raise UsageError(f"--device {device}: no NVIDIA GPU was found on this machine; use --device cpu")
    return None if kind == "cpu" or not present else (index or "0")


def jobs_by_default(cuda: str | None) -> int:
    """As many kernels as there are cores and memory for; on a GPU, as fit into its free memory too."""
    memory = free_memory() // (GIGABYTES_PER_KERNEL * 10**9)
    places = [cores(), int(memory)]
    if cuda is not None:
        places.append(gpu_memory(cuda) // (GIGABYTES_PER_GPU_KERNEL * 10**9))
    return max(1, min(places))


def gpu_memory(cuda: str) -> int:
    """Free bytes of one GPU as nvidia-smi says; 0 where it says nothing. No CUDA is started for that."""
    ask = ["nvidia-smi", f"--id={cuda}", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    try:
        said = subprocess.run(ask, capture_output=True, text=True, timeout=10, check=True).stdout
        return int(said.split()[0]) * 2**20
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return 0


def memory_share(jobs: int) -> int:
    """Bytes for one of so many notebooks at a time: of what is available, within reason."""
    return max(LEAST_MEMORY, min(MOST_MEMORY, int(free_memory() * MEMORY_SHARE / jobs)))


def limits_of_kernels(profile: Profile, jobs: int) -> Limits:
    """As design/running.md says."""
    return Limits(
        memory=memory_share(jobs),
        cpu_seconds=int(cores() * profile.total_seconds),
        disk=DISK,
    )


def within_disk(limits: Limits, out: Path, jobs: int) -> Limits:
    """All notebooks that run at a time leave half of what is free. Raises UsageError where that is too little for one."""
    place = next(folder for folder in (out, *out.parents) if folder.exists())
    free = min(psutil.disk_usage(str(folder)).free for folder in (place, short_home()))
    if free < LITTLE + LEAST_DISK:
        needed = (LITTLE + LEAST_DISK) / 1e9
        raise UsageError(
            f"--out {out}: {free / 1e9:.1f} GB are free there or in {short_home()}, expected {needed:.0f} GB or more. "
            "Make room, or give another folder."
        )
    return replace(limits, disk=min(limits.disk, max(LEAST_DISK, free // (4 * jobs))))


def sandbox_here(
    limits: Limits, readable: list[Path], hidden: list[Path], gpu: bool, own: bool = False
) -> Confinement | None:
    """Raises UsageError where notebooks could see answers or other hand-ins, or reach the network. None: the person's own
    notebook may."""
    found = confinement_here(limits, readable, hidden, gpu)
    if not found.level.usable and own:
        return None
    if not found.level.usable:
        still = "; ".join(found.level.open)
        raise UsageError(
            f"no sandbox on this machine is good enough ({found.level.name}). Open: {still}. {REMEDY}"
        )
    return found


def open_session(options: Options, submissions: list[Submission], unpacked: Path) -> Session:
    """Everything that must be right before the first notebook runs; raises GraderError. `unpacked`: hand-ins too."""
    if options.jobs is not None and options.jobs < 1:
        raise UsageError(f"--jobs {options.jobs}: expected 1 or more")
    if options.force and options.rejudge:
        raise UsageError("--force runs everything again, --rejudge runs nothing: give one of them")
    cuda = cuda_of(options.device)
    assignment = choose_assignment(options.assignment, submissions)
    folder = assignment_folder(assignment.id)
    cache = default_cache()
    images = prepare(assignment.dataset, options.data, cache)
    seen = mentioned(submissions, ("MNIST", *PACKAGES))
    # MNIST for notebooks that still hold the starter's part; always the stand-in, for it is not graded
    others = [prepare("mnist", None, cache)] if "MNIST" in seen and assignment.dataset != "mnist" else []
    name: ProfileName = options.profile or ("quick" if cuda is None else "full")
    profile = profile_for(name, images.source, large=assignment.pretrained)
    weights = weights_folder(options.weights, cache)
    if options.cell_seconds is not None:
        profile = profile.model_copy(update={"cell_seconds": options.cell_seconds})
    jobs = min(options.jobs or jobs_by_default(cuda), max(1, len(submissions)))
    sets = [images, *others]
    threads = max(1, cores() // jobs)
    out = place(options.out, "--out")
    review = Review() if options.own else read_review(out)
    require_possible(review, {(t.id, c.id): c.points for t in assignment.tasks for c in t.checks})
    scratch = out / ".work" / str(os.getpid())
    confinement = None
    if options.sandbox != "off" and not options.rejudge:
        hidden = [place(options.submissions), unpacked, out, cache, folder.parent]
        limits = within_disk(limits_of_kernels(profile, jobs), out, jobs)
        readable = [one.visible for one in sets] + weights_in(weights)
        confinement = sandbox_here(limits, readable, hidden, cuda is not None, options.own)
    server = (
        ForkServer(server_environment(threads, scratch), sorted(seen & set(PACKAGES)))
        if forking_works()
        else None
    )
    setting = Setting(
        profile=profile,
        images={one.dataset: str(one.visible) for one in sets},
        classes={one.dataset: list(one.classes) for one in sets},
        course_files=tuple(folder / name for name in assignment.helper_files),
        starter=folder / assignment.starter if assignment.starter else None,
        threads=threads,
        cuda=cuda,
        identity=images.identity,
        seed=SEED,
        scratch=scratch,
        server=server,
        confinement=confinement,
        weights=weights,
        pieces=tuple(as_tried(piece) for piece in assignment.pieces),
        roles=assignment.roles,
    )
    return Session(
        options=replace(options, jobs=jobs),
        assignment=assignment,
        calibration=load_calibration(assignment.id),
        images=images,
        profile=profile,
        setting=setting,
        out=out,
        review=review,
    )


def as_tried(piece: PieceSpec) -> dict[str, object]:
    """What the probe needs to know of a piece: nothing of what is right."""
    return {
        "id": piece.id,
        "names": piece.names,
        "trials": trials_of(piece),
        "also": dict(piece.also),
        "repeats": piece.repeats,
    }


def mentioned(submissions: list[Submission], words: Iterable[str]) -> set[str]:
    """Those of the words that stand in any file which is run, or in a module beside it."""
    left, found = set(words), set[str]()
    for submission in submissions:
        modules = (path for path in submission.helpers if path.suffix == ".py")
        for path in (*(work.path for work in submission.work), *modules):
            if not left or not path.is_file():
                continue
            text = path.read_bytes()
            found |= {word for word in left if word.encode() in text}
            left -= found
    return found
