# ruff: noqa: E501
"""Attacks on the run itself: deaths, loops, floods, leftovers. Every size and number is bounded here too."""

from tests.attacks.hostile.attack import Attack, cells

MESSAGES = """
kernel = get_ipython().kernel
def publish(kind, content, **rest): kernel.session.send(kernel.iopub_socket, kind, content, parent=kernel.get_parent(), **rest)
"""
KILLED = "the kernel died in this cell"
IGNORED = "which it ignored; its kernel was killed"
FILL = "\n    for _ in range(12):\n        file.write(bytes(50_000_000))\n        file.flush()\ntime.sleep(3)"
DISK = "its files took more than"

FATES = {
    "exits_with_0": Attack("os._exit(0), as if all were well", cells("import os\nos._exit(0)"), says="exit code 0"),
    "raises_exit": Attack("sys.exit, quit and atexit that hangs", cells(
        "import atexit, sys, time\natexit.register(time.sleep, 60)\nprint('20/20')\nsys.exit(0)", "quit()", "raise SystemExit(0)")),
    "segfault": Attack("reads address 0", cells("import ctypes\nctypes.string_at(0)"), says="SIGSEGV"),
    "aborts": Attack("os.abort", cells("import os\nos.abort()"), says="SIGABRT"),
    "stack_overflow": Attack(
        "recursion without a limit",
        cells("import sys, threading\nsys.setrecursionlimit(10**9)\ndef f(n): return [*map(f, (n + 1,))] if n < 10**6 else 0\nf(0)"),
        says=KILLED),
    "stops_itself": Attack("SIGSTOP", cells("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"), says=IGNORED),
    "swallows_interrupt": Attack(
        "a loop that swallows KeyboardInterrupt and every signal",
        cells("import signal, time\nfor n in (2, 15, 1, 3, 10, 14): signal.signal(n, signal.SIG_IGN)\n"
              "while True:\n    try: time.sleep(0.1)\n    except BaseException: pass"),
        says=IGNORED),
    "out_of_memory": Attack(
        "1.9 GB of shared memory, page by page",
        cells("import mmap\nheld = mmap.mmap(-1, 1_900_000_000)\nfor _ in range(1900): held.write(bytes(1_000_000))\n"
              "import time; time.sleep(3)"),
        says="it ran out of memory"),
    "memory_in_children": Attack(
        "500 MB in each of four children",
        cells("import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        held = bytearray(os.urandom(1000) * 500_000)\n"
              "        time.sleep(20)\n        os._exit(0)\ntime.sleep(5)")),
    "fork_bomb": Attack(
        "2,000 forks",
        cells("import os, time\nmine = os.getpid()\nfor _ in range(2000):\n    try:\n        if os.fork() == 0: time.sleep(20); os._exit(0)\n"
              "    except OSError as error: print('refused', error); break")),
    "forks_that_fork": Attack(
        "children that fork eleven times each, and outlive the cell",
        cells("import os, time\nif os.fork() == 0:\n    os.setsid()\n    for _ in range(11):\n        try: os.fork()\n        except OSError: pass\n"
              "    time.sleep(20)\n    os._exit(0)\ntime.sleep(1)")),
    "thread_bomb": Attack(
        "2,000 threads that never end, none of them a daemon",
        cells("import threading, time\ntry:\n    for _ in range(2000): threading.Thread(target=time.sleep, args=(60,)).start()\n"
              "except RuntimeError as error: print('refused', error)", "print('next')")),
    "fills_the_disk": Attack(
        "600 MB in files of its folder",
        cells(f"import time\nfor i in range(5):\n  with open(f'part{{i}}', 'wb') as file:{FILL.replace('range(12)', 'range(3)')}"),
        says=DISK),
    "fills_the_disk_deep": Attack(
        "600 MB below a path that is longer than a path may be",
        cells("import os, time\nfor _ in range(20):\n    os.mkdir('d' * 250)\n    os.chdir('d' * 250)\n"
              f"for i in range(4):\n  with open(f'part{{i}}', 'wb') as file:{FILL.replace('range(12)', 'range(3)')}"),
        says=DISK),
    "fills_the_disk_unseen": Attack(
        "600 MB in files that are open and have no name",
        cells("import os, time\nheld = []\nfor i in range(5):\n  file = open(f'part{i}', 'wb')\n  held.append(file)\n  os.remove(file.name)\n"
              "  for _ in range(12): file.write(bytes(10_000_000))\ntime.sleep(3)"),
        says=DISK),
    "fills_the_channels": Attack(
        "600 MB in the folder of its channels",
        cells("import os, time\nfrom ipykernel.connect import get_connection_file\nos.chdir(os.path.dirname(get_connection_file()))\n"
              f"for i in range(4):\n  with open(f'part{{i}}', 'wb') as file:{FILL.replace('range(12)', 'range(3)')}"),
        says=DISK),
    "one_big_file": Attack(
        "one file beyond the limit",
        cells("try:\n    with open('big', 'wb') as file:\n        for _ in range(30): file.write(bytes(10_000_000))\n"
              "except OSError as error: print('refused', error)\nimport os; os.remove('big')")),
    "many_files": Attack(
        "4,000 files and 300 folders in each other",
        cells("import os\nfor i in range(4_000): open(f'f{i}', 'w').close()\nfor _ in range(300): os.mkdir('d'); os.chdir('d')")),
    "folders_without_end": Attack(
        "3,000 folders in each other", cells("import os\nfor _ in range(3000): os.mkdir('d'); os.chdir('d')")),
    "locked_folders": Attack(
        "folders that nobody may enter, read-only files, and files that are open",
        cells("import os\nos.makedirs('a/b/c')\nopen('a/b/c/f', 'w').write('x')\nos.chmod('a/b/c/f', 0)\nos.chmod('a/b', 0)\nos.chmod('.', 0)")),
    "prints_100_mb": Attack(
        "100 MB of prints", cells("for _ in range(1000): print('x' * 100_000)", "print('y' * 10_000_000)")),
    "deletes_its_folder": Attack(
        "the working folder, and all that it may delete", cells("import os, shutil\nshutil.rmtree(os.getcwd(), ignore_errors=True)", "print('20/20')")),
    "closes_channels": Attack("os.closerange", cells("import os\nos.closerange(0, 4096)", "1"), says=KILLED),
    "closes_iopub": Attack("the sockets that it should answer by", cells(
        "kernel = get_ipython().kernel\nkernel.iopub_socket.close()\nkernel.shell_stream.close()"), says="killed"),
    "odd_content": Attack(
        "messages whose content is a list, a number or of another form",
        cells(
            MESSAGES + "for content in ({'data': ['text/html', 1]}, {'data': 5}, {'data': {'image/png': {'x': [1]}}}, {'text': {'a': 1}}, [1], 5, 'x', None):\n"
            "    for kind in ('display_data', 'stream', 'execute_result', 'update_display_data', 'error', 'clear_output', 'comm_open', 'status', 'x'):\n"
            "        publish(kind, content)", "print('still here')")),
    "no_content": Attack(
        "an error that is a list", cells(MESSAGES + "publish('error', [1, 2])\npublish('stream', 7)", "print('still here')")),
    "listed_data": Attack(
        "data of an output that are a list", cells(MESSAGES + "publish('display_data', {'data': ['text/html', 1], 'metadata': {}})", "print('still here')")),
    "surrogate_message": Attack(
        "output that is no text, as escapes in a message of its own making",
        cells("import json\n" + MESSAGES + "kernel.session.pack = lambda o: json.dumps(o, default=str).encode()\n"
              "publish('stream', {'name': 'stdout', 'text': 'score \\ud800 20/20'})")),
    "surrogate_error": Attack(
        "an error that is no text, likewise",
        cells("import json\n" + MESSAGES + "kernel.session.pack = lambda o: json.dumps(o, default=str).encode()\n"
              "raise ValueError('score \\ud800')")),
    "surrogate_print": Attack("characters that are no text", cells("print('\\ud800')", "raise ValueError('\\udfff')")),
    "deep_message": Attack(
        "a message nested a hundred thousand deep",
        cells(MESSAGES + "kernel.session.pack = lambda o: b'[' * 100_000 + b']' * 100_000\npublish('stream', {'name': 'stdout', 'text': 'x'})",
              "print('next')")),
    "message_without_end": Attack(
        "one message of 130 MB, more than the grader takes in", cells(
            MESSAGES + "publish('stream', {'name': 'stdout', 'text': 'x' * 130_000_000})", "print('next')")),
    "images_without_end": Attack(
        "100 MB of images, within the bounds of a cell", cells(
            "from IPython.display import display\nfor _ in range(20): display({'image/png': 'A' * 4_900_000}, raw=True)", "print('next')")),
    "cells_without_end": Attack(
        "the kernel ends in the first of 3,000 cells", cells("import os\nos._exit(0)", "import os\nos._exit(0)", "import os\nos._exit(0)", *["1"] * 3_000),
        says=KILLED),
    "unreadable_message": Attack(
        "a message that is not JSON, and one without a signature",
        cells("kernel = get_ipython().kernel\nkernel.iopub_socket.send_multipart([b'x', b'<IDS|MSG>', b'', b'{', b'{', b'{', b'{'])\n"
              "kernel.iopub_socket.send_multipart([b'x'])\n" + MESSAGES + "kernel.session.pack = lambda o: b'{{{'\npublish('stream', {})")),
    "leaves_processes": Attack(
        "daemons, sleepers in sessions of their own, and one that is renamed",
        cells("import os, subprocess, time\nsubprocess.Popen(['sleep', '@SLEEP@'], start_new_session=True)\nget_ipython().system_raw('nohup setsid sleep @SLEEP@ &')\n"
              "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        os.execvp('sleep', ['sleep', '@SLEEP@'])\n    os._exit(0)\n"
              "os.environ.clear()\nsubprocess.Popen(['sleep', '@SLEEP@'], env={}, close_fds=True, start_new_session=True, executable='/bin/sleep')")),
    "worker_deadlock": Attack(
        "a worker of a DataLoader that waits for ever, in a loop that swallows the interrupt",
        cells("import threading, torch\nfrom torch.utils.data import DataLoader, Dataset\nclass Waits(Dataset):\n    def __len__(self): return 8\n"
              "    def __getitem__(self, i): threading.Event().wait(600)\n"
              "while True:\n    try: list(DataLoader(Waits(), batch_size=2, num_workers=2))\n    except BaseException: pass"),
        says=IGNORED),
    "threads_outlive": Attack(
        "threads that go on writing evidence after the last cell",
        cells("import threading, time\nfrom pathlib import Path\nfrom grader.probe.kernel import WatchedKernel\nfolder = Path(WatchedKernel.config_of_probe.evidence)\n"
              "def write():\n    for i in range(3000):\n        (folder / 'evidence.json').write_text('{' * (i % 7))\n        time.sleep(0.01)\n"
              "threading.Thread(target=write).start()"),
    ),
}  # fmt: skip
