"""What can go wrong that is not a student's work.

GraderError                 anything the person at the keyboard must read
├── UsageError              wrong arguments, no submissions, unknown assignment (exit code 2)
├── RubricError             an assignment cannot be used; lists every mistake at once (exit code 2)
├── SubmissionError         one submission cannot be read; the others go on
└── DataError               the course's data folder is not what torchvision lays out (exit code 2)
"""


class GraderError(Exception):
    """A message meant for a person: what, where, found against expected, what to do."""


class UsageError(GraderError):
    """The command line asks for something that cannot be done."""


class RubricError(GraderError):
    """An assignment's files contain mistakes; the message lists all of them with file and place."""


class SubmissionError(GraderError):
    """One submission cannot be read; reported for that student only."""


class DataError(GraderError):
    """The folder given with --data is incomplete or damaged."""
