"""What the grader, the fork server and the supervisors say to each other: JSON over an inherited pair of sockets.

Linux only (SOCK_SEQPACKET): a message arrives whole or not at all, and an empty one means that the other side is gone. No
socket has a name, so nothing that a notebook starts can find one.
"""

import json
import os
import socket
from typing import Any

MOST = 200_000  # bytes of a message; Linux takes 212,992 by default


def pair() -> tuple[socket.socket, socket.socket]:
    """Two connected sockets, neither of which an exec inherits."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def send(channel: socket.socket, message: dict[str, Any], descriptors: tuple[int, ...] = ()) -> None:
    """Raises OSError if the other side is gone; sends a message whole."""
    socket.send_fds(channel, [json.dumps(message).encode()], descriptors)


def receive(channel: socket.socket) -> tuple[dict[str, Any] | None, list[int]]:
    """The next message and the descriptors that came with it; None: the other side is gone. Raises BlockingIOError."""
    try:
        data, descriptors, _, _ = socket.recv_fds(channel, MOST, 4)
    except ConnectionError:
        return None, []
    if not data:
        return None, descriptors
    return json.loads(data), descriptors


def close_all_but(kept: set[int]) -> None:
    """Close every descriptor from 3 on that is not in `kept`: a kernel inherits nothing of its server's."""
    previous = 2
    for descriptor in sorted({d for d in kept if d > 2}):
        os.closerange(previous + 1, descriptor)
        previous = descriptor
    os.closerange(previous + 1, 65_536)
