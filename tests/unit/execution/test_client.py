"""What of a kernel's messages is passed over, and what is kept of those that are not."""

import asyncio
import copy
import json
from collections.abc import Sequence
from typing import Any

import pytest
import zmq
import zmq.asyncio
from jupyter_client.session import DELIM, Session
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from grader.execution import client as bounds
from grader.execution.client import (
    ERROR_TEXT,
    IMAGE_BYTES,
    METADATA_TEXT,
    OUTPUT_BYTES,
    OUTPUT_IMAGES,
    BoundedClient,
    PatientChannel,
    error_in,
    has_form,
)
from grader.schema.result import CellRun

SESSION = Session(key=b"")
LEFT_OUT = "\n[the rest of this cell's output was left out]\n"
NO_FORM = "\n[an output that is not in Jupyter's form was left out]\n"


def message(kind: Any, content: Any, parent: Any = None) -> dict[str, Any]:
    """As it comes out of a channel."""
    header = {"msg_type": kind, "msg_id": "1", "version": "5.4"}
    return {"header": header, "msg_type": kind, "parent_header": parent or {}, "content": content}


@pytest.mark.parametrize(
    ("kind", "content", "parent", "form"),
    [
        ("stream", {}, {}, True),
        ("of no known kind", {}, {"msg_id": "1"}, True),
        ("stream", [], {}, False),
        ("stream", None, {}, False),
        ("stream", "text", {}, False),
        ("stream", {}, ["msg_id"], False),
        ("stream", {}, "msg_id", False),
        (5, {}, {}, False),
        (["stream"], {}, {}, False),
    ],
)
def test_a_message_has_a_kind_a_content_and_a_parent(
    kind: Any, content: Any, parent: Any, form: bool
) -> None:
    assert has_form(message(kind, content, parent)) is form


@pytest.mark.parametrize(
    ("kind", "status", "taken_for"),
    [
        ("execute_reply", "ok", "ok"),
        ("execute_reply", "error", "error"),
        ("execute_reply", "aborted", "aborted"),
        ("execute_reply", "fine", "error"),
        ("execute_reply", ["ok"], "error"),
        ("execute_reply", None, "error"),
        ("status", "fine", "fine"),
    ],
)
def test_a_reply_of_no_known_status_is_one_of_an_error(kind: str, status: Any, taken_for: str) -> None:
    said = message(kind, {"status": status})
    assert has_form(said)
    assert said["content"]["status"] == taken_for


def test_a_reply_without_a_status_is_one_of_an_error() -> None:
    said = message("execute_reply", {})
    assert has_form(said)
    assert said["content"] == {"status": "error"}


@pytest.mark.parametrize(
    ("count", "kept"), [(3, {"execution_count": 3}), ("3", {}), (None, {}), ([3], {}), (2.5, {})]
)
def test_a_count_that_is_none_is_taken_off(count: Any, kept: dict[str, int]) -> None:
    said = message("execute_input", {"execution_count": count})
    assert has_form(said)
    assert said["content"] == kept


def frames(said: dict[str, Any]) -> list[bytes]:
    """As it goes over the wire, without a signature."""
    parts: tuple[Any, ...] = (said["header"], said["parent_header"], {}, said["content"])
    return [DELIM, b"", *(json.dumps(part).encode() for part in parts)]


RIGHT = frames(message("stream", {"text": "still here"}))
JUNK = {
    "nothing": [b""],
    "no delimiter": [b"junk", b"more"],
    "only a delimiter": [DELIM],
    "no JSON": [*frames(message("stream", {}))[:-1], b"{"],
    "no text": [*frames(message("stream", {}))[:-1], b"\xff"],
    "a header that is none": [DELIM, b"", b"[]", b"{}", b"{}", b"{}"],
    "a header without a kind": [DELIM, b"", b'{"msg_id": 1}', b"{}", b"{}", b"{}"],
    "nested without end": [*frames(message("stream", {}))[:-1], b"[" * 100_000],
    "a list as content": frames(message("stream", [])),
    "text as parent": frames(message("stream", {}, "1")),
    "a number as kind": frames(message(5, {})),
}


async def received(sent: list[list[bytes]]) -> tuple[dict[str, Any], int]:
    """The first message that a channel gives, and how often others had their turn meanwhile."""
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    with (
        zmq.asyncio.Context() as context,
        context.socket(zmq.PAIR) as ours,
        context.socket(zmq.PAIR) as theirs,
    ):
        ours.bind("inproc://kernel")
        theirs.connect("inproc://kernel")
        for one in sent:
            await theirs.send_multipart(one)
        watching = asyncio.ensure_future(others())
        first = await asyncio.wait_for(PatientChannel(ours, SESSION).get_msg(timeout=10), 10)
        watching.cancel()
        return first, turns


@pytest.mark.parametrize("name", JUNK)
def test_what_is_no_message_is_passed_over(name: str) -> None:
    first, _ = asyncio.run(received([JUNK[name], JUNK[name], RIGHT]))
    assert first["content"] == {"text": "still here"}


def test_much_that_is_no_message_leaves_others_their_turn() -> None:
    _, turns = asyncio.run(received([*[JUNK["no delimiter"]] * 30, RIGHT]))
    assert turns >= 30


def outputs(*said: dict[str, Any]) -> list[NotebookNode]:
    """What a cell holds after these messages, as in the middle of a run."""
    return outputs_of([said])[0]


def outputs_of(cells: Sequence[Sequence[dict[str, Any]]]) -> list[list[NotebookNode]]:
    """What several cells hold after the messages of each."""
    made = BoundedClient(new_notebook(cells=[new_code_cell("1") for _ in cells]), allow_errors=True)
    made.reset_execution_trackers()
    made.clear_before_next_output = False
    for number, (cell, said) in enumerate(zip(made.nb.cells, cells, strict=True)):
        cell.metadata["execution"] = {}
        for one in said:
            made.process_message(one, cell, number)
    return [cell.outputs for cell in made.nb.cells]


def printed(text: str) -> dict[str, Any]:
    return message("stream", {"name": "stdout", "text": text})


def shown(kind: str, data: Any, metadata: Any = None, **more: Any) -> dict[str, Any]:
    return message("display_data", {"data": {kind: data}, "metadata": metadata or {}, **more})


def failed(text: str, lines: Any = ()) -> dict[str, Any]:
    return message("error", {"ename": "Odd", "evalue": text, "traceback": list(lines)})


HALF = "x" * (OUTPUT_BYTES // 2 - 50)  # names are counted too
LINES = ["x" * ERROR_TEXT] * 60


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ([printed(HALF)] * 4, 2),
        ([shown("text/html", HALF)] * 4, 2),
        ([printed(HALF), shown("text/html", HALF), printed("x" * 100)], 2),
        ([failed("x", LINES)] * 4, 1),
        ([shown("image/png", "x")] * (OUTPUT_IMAGES + 2), OUTPUT_IMAGES),
        ([shown("image/png", "x" * (IMAGE_BYTES + 1))], 0),
    ],
)
def test_output_beyond_a_bound_is_left_out_and_that_is_said_once(
    said: list[dict[str, Any]], kept: int
) -> None:
    *first, last = outputs(*said)
    assert len(first) == kept
    assert last.text == LEFT_OUT
    assert all(one.get("text") != LEFT_OUT for one in first)


@pytest.mark.parametrize("said", [printed(HALF * 2), shown("image/png", "x" * (IMAGE_BYTES - 50))])
def test_output_up_to_a_bound_is_kept(said: dict[str, Any]) -> None:
    (found,) = outputs(said)
    assert found.get("text") != LEFT_OUT


def test_pieces_of_output_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_OUTPUTS", 3)
    found = outputs(printed("a"), shown("text/plain", "b"), failed("c"), printed("d"), failed("e"))
    assert [one.output_type for one in found] == ["stream", "display_data", "error", "stream"]
    assert found[-1].text == LEFT_OUT


def test_updates_of_what_is_shown_are_output_too() -> None:
    here = {"display_id": "here"}
    first = shown("text/html", "a", transient=here)
    updates = [
        message("update_display_data", shown("text/html", c * 600_000, transient=here)["content"])
        for c in "bc"
    ]
    found = outputs(first, *updates)
    assert found[0].data["text/html"] == "b" * 600_000
    assert found[1].text == LEFT_OUT


def test_each_cell_has_bounds_of_its_own() -> None:
    images = [shown("image/png", "x")] * OUTPUT_IMAGES
    whole = [printed(HALF[:-100]), printed(HALF[:-1000]), *images]
    first, second = outputs_of([[*whole, printed("x" * 2000)], whole])
    assert [one.get("text") for one in first].count(LEFT_OUT) == 1
    assert (len(first), len(second)) == (len(whole) + 1, len(whole))


def test_a_cell_cannot_begin_anew() -> None:
    begins = message("execute_input", {"code": "1", "execution_count": 2})
    found = outputs(*[printed(HALF), begins] * 6)
    assert sum(len(one.text) for one in found) < 3 * OUTPUT_BYTES / 2


@pytest.mark.parametrize(
    "said",
    [
        message("display_data", {"data": {"text/plain": "x" * 10**6}, "metadata": {}, "ename": "here"}),
        message("display_data", {"data": {"text/plain": "x" * 10**6}, "metadata": {}, "text": "here"}),
        message("display_data", {"data": {"x" * 10**6: ""}, "metadata": {}}),
        message("stream", {"name": "x" * 10**6, "text": "a"}),
        message("error", {"ename": "x" * 10**6, "evalue": "a", "traceback": []}),
        message("display_data", {"data": {"text/plain": ""}, "metadata": {"note": "x" * 9_000}}),
    ],
)
def test_nothing_is_kept_without_bounds(said: dict[str, Any]) -> None:
    found = outputs(*[copy.deepcopy(said) for _ in range(300)])
    assert len(json.dumps(found)) < 4 * OUTPUT_BYTES


def test_outputs_of_no_form_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_OUTPUTS", 3)
    assert len(outputs(*[message("comm_open", {})] * 10)) == 3


def test_an_error_is_cut_part_by_part() -> None:
    (found,) = outputs(failed("y" * 2 * ERROR_TEXT, ["first", *["x" * 2 * ERROR_TEXT] * 20, *["z"] * 80]))
    assert found.evalue == "y" * ERROR_TEXT
    assert [len(line) for line in found.traceback] == [ERROR_TEXT] * 20 + [1] * 80


@pytest.mark.parametrize(("size", "kept"), [(METADATA_TEXT // 2, True), (METADATA_TEXT, False)])
def test_metadata_beyond_a_bound_are_emptied(size: int, kept: bool) -> None:
    (found,) = outputs(shown("text/plain", "a", {"text/plain": {"note": "x" * size}}))
    assert bool(found.metadata) is kept
    assert found.data == {"text/plain": "a"}


@pytest.mark.parametrize(
    "said",
    [
        message("display_data", {}),
        message("display_data", {"data": None, "metadata": None}),
        message("display_data", {"data": ["text/plain"], "metadata": {}}),
        message("stream", {"name": "stdout"}),
        message("stream", {"name": "stdout", "text": 5}),
        message("error", {"ename": 1, "evalue": None, "traceback": None}),
        message("status", {}),
        message("comm_open", {}),
        shown("text/plain", "x", transient="here"),
        shown("text/plain", "x", transient={"display_id": [1]}),
    ],
)
def test_an_output_of_no_form_loses_only_itself(said: dict[str, Any]) -> None:
    found = outputs(printed("before"), said, printed("after"))
    assert [one.text for one in found] == ["before", NO_FORM, "after"]


def test_half_of_a_surrogate_pair_becomes_a_question_mark() -> None:
    (found,) = outputs(printed("a\ud800"))
    assert found.text == "a?"


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ({}, ""),
        ({"ename": "ValueError", "evalue": "a\nb"}, "ValueError: a b"),
        ({"ename": "ValueError", "evalue": "x" * 10**6}, f"ValueError: {'x' * 288}"),
        ({"ename": "SystemExit", "evalue": "0"}, ""),
        ({"ename": "SystemExit", "evalue": "1"}, "SystemExit: 1"),
        ({"ename": 5, "evalue": ["\ud800"]}, "5: ['\\ud800']"),
    ],
)
def test_an_error_is_one_line(said: dict[str, Any], line: str) -> None:
    assert error_in(said) == line


def test_all_outputs_of_a_notebook_are_bounded_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "NOTEBOOK_BYTES", 150)
    drawn = shown("image/png", "A" * 40)
    kept = outputs_of([[drawn], [drawn], [drawn, drawn], [printed("x")]])
    assert [len([o for o in cell if o.output_type == "display_data"]) for cell in kept] == [1, 1, 0, 0]
    assert [o.text for o in kept[2]] == [LEFT_OUT]


def test_what_widgets_say_of_themselves_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "NOTEBOOK_BYTES", 1_000)
    state = {"_model_name": "OutputModel", "_model_module": "x" * 600}
    opened = message("comm_open", {"comm_id": "1", "target_name": "none", "data": {"state": state}})
    assert outputs(opened, printed("a"))[0].text == "a"
    assert outputs(opened, opened, printed("a"))[0].text == LEFT_OUT


@pytest.mark.parametrize(
    ("heard", "statuses", "told"),
    [
        (2, ["ran", "error", "ran"], None),
        (1, ["ran", "ran", "ran"], 2),
        (0, ["ran", "error", "ran"], 1),
        (-1, ["ran", "killed", "not_run"], 0),
        (0, ["ran", "killed", "not_run"], None),
        (0, ["ran", "timeout", "killed"], 1),
    ],
)
def test_outputs_whose_end_never_came_are_lost(heard: int, statuses: list[Any], told: int | None) -> None:
    made = BoundedClient(new_notebook(cells=[new_code_cell("1") for _ in statuses]))
    made.heard = heard
    runs = [CellRun(cell=number + 1, status=status) for number, status in enumerate(statuses)]
    said = bounds.with_losses(made, runs)
    assert [bounds.LOST in run.error for run in said] == [number == told for number in range(3)]
    assert [bool(cell.outputs) for cell in made.nb.cells] == [number == told for number in range(3)]


def test_a_channel_takes_in_little_before_it_is_read() -> None:
    client = bounds.PromptClient(transport="ipc", ip="/tmp/grader-test-nobody-listens", iopub_port=1)
    socket = client.connect_iopub()
    try:
        assert socket.maxmsgsize == bounds.MESSAGE_BYTES
        assert socket.rcvhwm == bounds.WAITING_MESSAGES
    finally:
        socket.close(linger=0)
