"""What a cell shows, as blocks of text and tables, and figures. Every field may be of any type: the file is a student's."""

from collections.abc import Iterator, Mapping
from typing import Any

from grader.claims.figures import PLOTLY
from grader.claims.tables import Block, blocks_of_html, blocks_of_lines
from grader.claims.text import LONGEST_OUTPUT, joined, lines_of, settled

MOST_OUTPUTS = 20_000  # of a cell; streams in pieces count piece by piece


def outputs_of(cell: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    outputs = cell.get("outputs")
    return [o for o in outputs[-MOST_OUTPUTS:] if isinstance(o, Mapping)] if isinstance(outputs, list) else []


def texts_of(outputs: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Kind (text, html or markdown) and text of each output. The pieces of a stream are joined: a line, or a progress
    bar, may be cut by what the other stream wrote meanwhile."""
    streams: dict[str, list[str]] = {}
    for output in outputs:
        if output.get("output_type") == "stream":
            name = "stderr" if output.get("name") == "stderr" else "stdout"
            if name not in streams:
                streams[name] = []
            streams[name].append(joined(output.get("text")))
    met: set[str] = set()
    for output in outputs:
        if output.get("output_type") == "stream":
            name = "stderr" if output.get("name") == "stderr" else "stdout"
            if name not in met:
                met.add(name)
                yield "text", settled("".join(streams[name]))
        elif isinstance(data := output.get("data"), Mapping):
            for kind, mime in (("html", "text/html"), ("markdown", "text/markdown"), ("text", "text/plain")):
                if text := joined(data.get(mime)):
                    yield kind, settled(text) if kind == "text" else text
                    break


def figures_of(outputs: list[Mapping[str, Any]]) -> Iterator[Any]:
    """Plotly's figures as they stand in the file."""
    for output in outputs:
        data = output.get("data")
        if isinstance(data, Mapping) and PLOTLY in data:
            yield data[PLOTLY]


def blocks(kind: str, text: str) -> Iterator[Block]:
    return blocks_of_html(text) if kind == "html" else blocks_of_lines(lines_of(text))


def was_cut(text: str) -> bool:
    """Not all of it was read, or the notebook's server has left out its beginning."""
    return len(text) > LONGEST_OUTPUT or text.startswith("Streaming output truncated")
