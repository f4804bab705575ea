"""How a kernel ended, in words: what a student reads instead of a signal's number."""

import signal
from dataclasses import dataclass

IN_WORDS = {  # by name: Windows has few of them
    "SIGSEGV": "a memory access violation",
    "SIGBUS": "a memory access violation",
    "SIGABRT": "abort, mostly called by a library that found an inner error",
    "SIGFPE": "an arithmetic error in compiled code",
    "SIGILL": "an instruction that this processor does not have",
    "SIGKILL": "killed",
    "SIGTERM": "ended from outside, or by itself",
}
KILLED = -9  # as subprocess gives it


@dataclass(frozen=True)
class Fate:
    """`code` as subprocess gives it: exit code, or minus the signal. `cause`: a limit that was passed, in words, or ""."""

    code: int
    cause: str = ""
    lost: bool = False  # the supervisor died: a fault of ours or of the machine, never of the notebook

    def in_words(self) -> str:
        """Goes after "the kernel died in this cell: "."""
        if self.lost:
            return f"the process that watches over it was lost{self.cause and f' ({self.cause})'}"
        if self.cause:
            return self.cause
        if self.code >= 0:
            return f"it ended its own process with exit code {self.code}"
        try:
            number = signal.Signals(-self.code)
        except ValueError:
            return f"signal {-self.code}"
        explained = IN_WORDS.get(number.name)
        return f"signal {number.name}" + (f" ({explained})" if explained else "")


def gigabytes(size: int) -> str:
    """A limit as a person writes it: 4 GB, 512 MB."""
    return f"{size / 1e9:.3g} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"
