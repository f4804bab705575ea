"""Paths as a person typed them on the command line."""

from pathlib import Path

from grader.errors import UsageError


def place(typed: Path, option: str = "") -> Path:
    """The path with ~ and links followed, whether or not it is there. Raises UsageError for what can be no path here."""
    try:
        found = typed.expanduser().resolve()
        found.exists()  # raises for a name that is too long, which resolve does not look at
        return found
    except RuntimeError as error:  # a user that is not known, or links in a circle
        reason = "a link in it leads to itself" if "loop" in str(error) else "no such user"
    except OSError as error:
        reason = str(error.strerror)
    shown = str(typed) if len(str(typed)) <= 200 else f"{str(typed)[:200]}..."
    raise UsageError(f"{option} {shown}: not a path of this machine ({reason}). Give another one.".lstrip())
