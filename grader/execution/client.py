"""nbclient, cell by cell: every cell runs even after an error, within its time, and its output within bounds."""

import asyncio
import atexit
import contextlib
import re
import time
from collections.abc import Callable, Mapping
from queue import Empty
from typing import Any

import zmq
from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionComplete, DeadKernelError
from nbformat import NotebookNode
from nbformat import ValidationError as NotebookValidationError
from nbformat.v4 import new_output
from traitlets import Type

from grader.execution.fate import KILLED, Fate
from grader.schema.profile import Profile
from grader.schema.result import CellRun
from grader.store import printable

OUTPUT_BYTES = 1_000_000  # text of one cell that is kept
OUTPUT_IMAGES = 20  # images of one cell that are kept
IMAGE_BYTES = 5_000_000
NOTEBOOK_BYTES = (
    60_000_000  # of all outputs of a notebook that are kept, and of what its widgets say of themselves
)
MESSAGE_BYTES = (
    100_000_000  # of a part of a message that is taken in; who sends more is cut off from that channel
)
WAITING_MESSAGES = (
    20  # of a channel, taken in before they are read; others wait in the kernel, within its own memory
)
ERROR_TEXT = 10_000  # characters of an error's message and of each part of its traceback that are kept
GRACE_SECONDS = 5.0  # between the interrupt and the kill

Progress = Callable[[str], None]
_OF_IPYTHON = re.compile(r"\((\d+\.py|<[^>]*>), (?=line \d)")  # the name under which a cell was compiled
MOST_OUTPUTS = 5_000  # of a cell; pieces of streams count
METADATA_TEXT = 10_000  # characters of an output's metadata
OUTPUTS = ("stream", "display_data", "execute_result", "update_display_data", "error")
JUNK_SECONDS = 0.001  # lost for each message that is none
LOST = f"outputs from this cell on were lost, as they are after a single output of more than {MESSAGE_BYTES / 1e6:.0f} MB"
DIED = "the kernel died in this cell: "
KILLED_UNEXPLAINED = DIED + Fate(KILLED).in_words()  # by itself, by a person, or by a machine short of memory


class KernelLost(Exception):
    """The kernel ended through no doing of the notebook."""


def has_form(message: dict[str, Any]) -> bool:
    """What nbclient takes for granted. A reply without a known status is one of an error."""
    content = message["content"]
    if not isinstance(message["parent_header"], dict) or not isinstance(content, dict):
        return False
    if message["msg_type"] == "execute_reply" and content.get("status") not in ("ok", "error", "aborted"):
        content["status"] = "error"
    if not isinstance(content.get("execution_count"), int):
        content.pop("execution_count", None)
    return isinstance(message["msg_type"], str)


class PatientChannel(AsyncZMQSocketChannel):
    """Passes over messages that are none: code in a kernel may write anything into its channels."""

    async def _recv(self, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]
        while True:
            try:
                message = await super()._recv(**kwargs)
                if has_form(message):
                    return message
            except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
                pass
            await asyncio.sleep(JUNK_SECONDS)  # whoever watches the time must have its turn


class PromptClient(AsyncKernelClient):
    """jupyter_client's, which waits 0.2 s in silence before it takes a kernel for ready."""

    shell_channel_class = Type(PatientChannel)
    iopub_channel_class = Type(PatientChannel)
    control_channel_class = Type(PatientChannel)

    async def _async_wait_for_ready(self, timeout: float | None = None) -> None:
        """Ready is who has answered on both channels. Raises RuntimeError for a kernel that died or takes too long."""
        deadline = time.monotonic() + (timeout or float("inf"))
        while time.monotonic() < deadline:
            asked = self.kernel_info()
            with contextlib.suppress(Empty):
                while (await self.shell_channel.get_msg(timeout=1))["parent_header"].get("msg_id") != asked:
                    pass
                while not is_idle(await self.iopub_channel.get_msg(timeout=0.2), asked):
                    pass
                return
            if not await self._async_is_alive():
                raise RuntimeError("the kernel died before it was ready")
        raise RuntimeError(f"the kernel was not ready after {timeout} s")

    wait_for_ready = _async_wait_for_ready

    def _create_connected_socket(self, channel: str, identity: bytes | None = None) -> Any:
        """What waits to be read lies in the grader's memory, which is the whole class's."""
        for option, most in ((zmq.MAXMSGSIZE, MESSAGE_BYTES), (zmq.RCVHWM, WAITING_MESSAGES)):
            self.context.setsockopt(
                option, most
            )  # of sockets to come: they count from the moment of connecting
        return super()._create_connected_socket(channel, identity)


def is_idle(message: dict[str, Any], asked: str) -> bool:
    """The kernel's last word on a request; everything that it sent about it came before."""
    return bool(
        message["msg_type"] == "status"
        and message["content"].get("execution_state") == "idle"
        and message["parent_header"].get("msg_id") == asked
    )


class BoundedClient(NotebookClient):
    """Keeps what a cell printed and drew, up to the bounds above, and says where something was left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.text_bytes = 0
        self.images = 0
        self.outputs = 0
        self.whole_bytes = 0  # of the notebook
        self.cut = False
        self.counted: int | None = None  # the cell that these belong to
        self.error = ""
        self.heard = -1  # the last cell whose end came with its outputs
        self.on_cell_executed = self._answered

    def _answered(self, execute_reply: dict[str, Any], **_: Any) -> None:
        """The kernel's own word on how the cell ended; a traceback may have got lost on its way."""
        self.error = error_in(execute_reply["content"])

    def process_message(
        self, msg: dict[str, Any], cell: NotebookNode, cell_index: int
    ) -> NotebookNode | None:
        if cell_index != self.counted:
            self.counted = cell_index
            self.text_bytes, self.images, self.outputs, self.cut = 0, 0, 0, False
        try:
            return self._kept(printable(msg), cell, cell_index)
        except CellExecutionComplete:
            self.heard = cell_index
            raise
        except (NotebookValidationError, AttributeError, KeyError, TypeError, ValueError, RecursionError):
            self.outputs += 1
            if self.outputs <= MOST_OUTPUTS:
                text = "\n[an output that is not in Jupyter's form was left out]\n"
                cell.outputs.append(new_output("stream", name="stderr", text=text))
            return None

    def _kept(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """process_message for a message that has the form it should have, and raises many kinds otherwise."""
        kind, content = msg["msg_type"], msg["content"]
        if "metadata" in content and len(repr(content["metadata"])) > METADATA_TEXT:
            content["metadata"] = {}
        if kind == "error":
            if isinstance(content.get("ename"), str):
                content["ename"] = content["ename"][:ERROR_TEXT]
            content["evalue"] = str(content.get("evalue", ""))[:ERROR_TEXT]
            lines = content.get("traceback") or []
            content["traceback"] = [str(line)[:ERROR_TEXT] for line in lines[-100:]]
        if kind == "stream" and content.get("name") not in ("stdout", "stderr"):
            content["name"] = "stdout"
        if kind.startswith("comm_"):
            self.whole_bytes += characters(content)
            if self.whole_bytes > NOTEBOOK_BYTES:
                return None
        if kind in OUTPUTS and self._too_much(kind, content):
            if not self.cut:
                self.cut = True
                text = "\n[the rest of this cell's output was left out]\n"
                cell.outputs.append(new_output("stream", name="stderr", text=text))
            return None
        return super().process_message(msg, cell, cell_index)

    def _too_much(self, kind: str, content: dict[str, Any]) -> bool:
        self.outputs += 1
        if self.outputs > MOST_OUTPUTS:
            return True
        size = characters(content)
        data = content.get("data") or {} if kind not in ("stream", "error") else {}
        pictures = sum(characters(part) for name, part in data.items() if name.startswith("image/"))
        if pictures:
            self.images += 1
            if self.images > OUTPUT_IMAGES or size > IMAGE_BYTES:
                return True
        self.text_bytes += size - pictures
        if self.text_bytes > OUTPUT_BYTES or self.whole_bytes + size > NOTEBOOK_BYTES:
            return True
        self.whole_bytes += size
        return False


def characters(value: Any) -> int:
    """Of all texts in JSON data, the names among them; a number counts as one."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(characters(name) + characters(part) for name, part in value.items())
    return sum(map(characters, value)) if isinstance(value, list) else 1


def error_in(said: Mapping[str, Any]) -> str:
    """The error in a reply or an output, as one line; "" if there is none, and for exit() and sys.exit()."""
    name, text = printable(str(said.get("ename", ""))), printable(str(said.get("evalue", "")))
    if not name or (name == "SystemExit" and text in ("", "0", "None")):
        return ""
    text = _OF_IPYTHON.sub("(", text[:ERROR_TEXT])
    return f"{name}: {text}".replace("\n", " ")[:300]


def error_line(client: BoundedClient, cell: NotebookNode) -> str:
    """How a cell failed: by its reply, or else by the last error among its outputs, as of a script that it ran."""
    shown = (error_in(output) for output in reversed(cell.get("outputs", [])))
    return client.error or next((error for error in shown if error), "")


async def run_cells(
    notebook: NotebookNode,
    manager: AsyncKernelManager,
    profile: Profile,
    env: dict[str, str],
    cwd: str,
    progress: Progress,
) -> list[CellRun]:
    """Run all code cells in order; outputs go into `notebook`. Never raises for what a notebook does."""
    client = BoundedClient(
        notebook,
        km=manager,
        timeout=None,
        allow_errors=True,
        store_widget_state=False,
        shutdown_kernel="immediate",  # the probe has written its evidence after the last cell
    )
    client.reset_execution_trackers()
    try:
        async with client.async_setup_kernel(env=env, cwd=cwd, cleanup_kc=True):
            return with_losses(client, await run_all(client, profile, progress))
    finally:  # nbclient leaves its handler where a kernel did not come up
        atexit.unregister(client._cleanup_kernel)


async def run_all(client: BoundedClient, profile: Profile, progress: Progress) -> list[CellRun]:
    """The cells of a started kernel, in order, until it dies or the notebook's time is used up."""
    cells = client.nb.cells
    runs: list[CellRun] = []
    deadline = time.monotonic() + profile.total_seconds
    indices = [i for i, cell in enumerate(cells) if cell.cell_type == "code" and cell.source.strip()]
    for position, index in enumerate(indices):
        left = deadline - time.monotonic()
        if left <= 0:
            late = f"the notebook's {profile.total_seconds:.0f} s were used up"
            return runs + [CellRun(cell=i + 1, status="not_run", error=late) for i in indices[position:]]
        progress(f"cell {position + 1} of {len(indices)}")
        run = await run_cell(client, index, min(profile.cell_seconds, left))
        runs.append(run)
        if run.status == "killed":
            dead = "the kernel had died before"
            return runs + [CellRun(cell=i + 1, status="not_run", error=dead) for i in indices[position + 1 :]]
    return runs


def with_losses(client: BoundedClient, runs: list[CellRun]) -> list[CellRun]:
    """Says at the first cell where outputs were lost that they were: it and all later ones ended, by the kernel's reply, and
    the end of their outputs never came. Too large a message has broken off that channel, or the kernel has."""
    silent = [
        run for run in runs if run.status in ("ran", "error", "timeout") and run.cell - 1 > client.heard
    ]
    if not silent:
        return runs
    first = silent[0]
    client.nb.cells[first.cell - 1].outputs.append(new_output("stream", name="stderr", text=f"\n[{LOST}]\n"))
    said = first.model_copy(update={"error": f"{first.error}; {LOST}" if first.error else LOST})
    return [said if run is first else run for run in runs]


def fate_of(client: BoundedClient) -> Fate:
    """How the kernel ended, as its provisioner knows it."""
    manager: Any = client.km
    return getattr(manager.provisioner, "ended", None) or Fate(KILLED)


async def run_cell(client: BoundedClient, index: int, seconds: float) -> CellRun:
    """One cell: interrupted when its time is up, its kernel killed if it ignores that."""
    cell = client.nb.cells[index]
    timed_out = False

    async def watch_time() -> None:
        nonlocal timed_out
        await asyncio.sleep(seconds)
        timed_out = True
        manager: Any = client.km
        await manager.interrupt_kernel()
        await asyncio.sleep(GRACE_SECONDS)
        await manager.provisioner.kill()

    clock = asyncio.ensure_future(watch_time())
    began = time.monotonic()
    status, error = "ran", ""
    client.error = ""
    try:
        await client.async_execute_cell(cell, index)
        error = error_line(client, cell)
        status = "error" if error else "ran"
    except DeadKernelError:
        if fate_of(client).lost:
            raise KernelLost(fate_of(client).in_words()) from None
        status, error = "killed", DIED + fate_of(client).in_words()
    finally:
        clock.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await clock
    if timed_out:
        reason = f"interrupted after {seconds:.0f} s"
        error = reason if status != "killed" else f"{reason}, which it ignored; its kernel was killed"
        status = "timeout" if status != "killed" else "killed"
    elif status == "killed":
        cell.outputs.append(new_output("error", ename="DeadKernel", evalue=error, traceback=[error]))
    return CellRun(cell=index + 1, seconds=round(time.monotonic() - began, 3), status=status, error=error)
