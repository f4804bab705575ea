"""Which assignment a class did, told from the code and text of all submissions together."""

import json
import re
from collections.abc import Mapping, Sequence

from grader.errors import UsageError
from grader.schema.assignment import Assignment
from grader.schema.submission import WorkFile

SURE_SHARE = 0.5  # of the weight of an assignment's cues, on average over a class
SURE_LEAD = 1.5  # times the share of the next assignment


def recognise(texts: Mapping[str, str], assignments: Sequence[Assignment]) -> Assignment:
    """The assignment that a class did, from the code and text of each submission.

    A submission's share of an assignment is the weight of the cues found in it over the weight of all, 0 to 1.
    Certain when one assignment has the highest share in most submissions, on average half or more, and 1.5 times
    that of the next. Submissions without any text are left out. Raises UsageError with the shares otherwise.
    """
    written = [text for text in texts.values() if text.strip()]
    ask = "Say which one with --assignment ID."
    if not written or not assignments:
        raise UsageError(
            f"no text to recognise the assignment by; there are: {', '.join(one.id for one in assignments) or 'none'}. {ask}"
        )
    shares = {one.id: [share(text, one) for text in written] for one in assignments}
    means = {name: sum(each) / len(each) for name, each in shares.items()}
    first, *others = sorted(assignments, key=lambda one: (-means[one.id], one.id))
    wins = sum(
        shares[first.id][i] > max((shares[o.id][i] for o in others), default=0) for i in range(len(written))
    )
    lead = max((means[other.id] for other in others), default=0) * SURE_LEAD
    if means[first.id] >= SURE_SHARE and means[first.id] >= lead and wins * 2 > len(written):
        return first
    candidates = ", ".join(f"{one.id} {means[one.id]:.0%}" for one in (first, *others[:4]))
    raise UsageError(
        f"cannot tell which assignment these {len(written)} submissions are; what speaks for each: {candidates}. {ask}"
    )


def share(text: str, assignment: Assignment) -> float:
    """The weight of an assignment's cues found in a text over the weight of all, 0 to 1."""
    found = sum(cue.weight for cue in assignment.recognise if re.search(cue.pattern, text))
    return found / sum(cue.weight for cue in assignment.recognise)


def text_of(work: WorkFile) -> str:
    """Code and text of a file without outputs; nothing when it cannot be read, which its execution reports."""
    try:
        text = work.path.read_bytes().decode("utf-8-sig", "replace")
    except OSError:
        return ""
    if work.kind == "script":
        return text
    try:
        document = json.loads(text)
        sheets = document.get("worksheets") or [document]
        sources = [c.get("source") or c.get("input") or "" for sheet in sheets for c in sheet["cells"]]
        return "\n".join(source if isinstance(source, str) else "".join(source) for source in sources)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return text.replace("\\n", "\n")
