"""What running a submission left behind: execution.json in the student's folder. Its key tells whether it still holds."""

import re

from grader.schema.base import Model
from grader.schema.profile import Profile
from grader.schema.result import CellRun, FileRun

CLEARLY = 1.25
_REFUSED = re.compile(  # in the words of Python and PyTorch
    r"MemoryError|not enough memory|can't allocate memory|Cannot allocate memory|No space left|out of memory"
    r"|worker \(pid .*\) is killed by signal: (?:Killed|Bus error)",
    re.IGNORECASE,
)
_OFFLINE = re.compile(  # in the words of urllib, http, requests and torch.hub
    r"name resolution|Name or service not known|Network is unreachable|nodename nor servname|Failed to resolve"
    r"|getaddrinfo failed|urlopen error",
    re.IGNORECASE,
)
_ENDED = re.compile(  # in ours
    r"out of memory|used up|interrupted after|SIGKILL|(?:took|wrote|started|made|a file of) more than"
)


def refused(cell: CellRun) -> bool:
    """The machine gave a cell less memory or disk space than it asked for: no word on the code in it."""
    return cell.status in ("ran", "error") and bool(_REFUSED.search(cell.error))


def asked_for_the_network(cell: CellRun) -> bool:
    """A cell ended because notebooks have no network while they are graded."""
    return cell.status == "error" and bool(_OFFLINE.search(cell.error))


class Means(Model):
    """What the machine gave a run, beside its profile: it may decide how a cell ends, but not what a whole run shows."""

    memory: int  # bytes
    disk: int  # bytes
    threads: int  # fewer with more jobs: what takes longer may not end within its time

    def are_clearly_more_than(self, other: "Means") -> bool:
        """In one of them. Available memory is another at each start, so a little more does not count."""
        return (
            self.threads > other.threads
            or self.memory >= CLEARLY * other.memory
            or self.disk >= CLEARLY * other.disk
        )


class Execution(Model):
    """One submission's run. Evidence of the n-th file lies in evidence/<n>/."""

    key: str  # content hash of everything the run depended on
    profile: Profile  # the limits it was run within
    images: str  # identity of the course's images
    files: tuple[FileRun, ...]
    evidence: tuple[
        str, ...
    ]  # folder of each file's evidence, relative to the student's folder; "" where there is none
    untouched: bool  # nothing was added to the starter
    remarks: tuple[str, ...]
    broken: bool = False  # by the machine: run again when it is asked for again
    faults: tuple[str, ...] = ()  # of ours or of the machine: what they hide is undecided
    means: Means | None = None  # None: no limits, as without a sandbox
    sandbox: str
    seconds: float
    versions: dict[str, str]

    def might_go_on_with(self, means: Means | None) -> bool:
        """A cell was ended, or never begun, for want of something of which there is clearly more now."""
        if means is None or self.means is None or not means.are_clearly_more_than(self.means):
            return False
        cells = [cell for run in self.files for cell in run.cells]
        return any(
            refused(cell) or (cell.status not in ("ran", "error") and _ENDED.search(cell.error))
            for cell in cells
        )
