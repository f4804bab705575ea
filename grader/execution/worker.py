"""A trusted process of ours, forked from the fork server because PyTorch is imported there: it answers, message by message.

It runs no student's code, and no kernel descends from it.
"""

import gc
import importlib
import os
import signal
import socket
import traceback
from typing import NoReturn

from grader.execution.linux import die_with_parent
from grader.execution.messages import close_all_but, receive, send


def work(function: str, channel: socket.socket) -> NoReturn:
    """Answer every message with what `module:function` makes of it, until the other side is gone."""
    try:
        die_with_parent(signal.SIGKILL)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        close_all_but({channel.fileno()})
        gc.enable()
        module, _, name = function.partition(":")
        send(channel, {"pid": os.getpid()})
        answer = getattr(importlib.import_module(module), name)
        while True:
            message, _ = receive(channel)
            if message is None:
                break
            send(channel, answer(message))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(0)
