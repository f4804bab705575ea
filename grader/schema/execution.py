"""What running a submission left behind: execution.json in the student's folder. Its key tells whether it still holds."""

from grader.schema.base import Model
from grader.schema.profile import Profile
from grader.schema.result import FileRun


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
    sandbox: str
    seconds: float
    versions: dict[str, str]
