# ruff: noqa: E501
"""Attacks on what is hidden: files, processes, memory, the network. Whatever is found is printed, so that it shows up."""

from tests.attacks.hostile.attack import Attack, cells

FIND = """
import os, re, time
secret = re.compile(rb'@PREFIX@[0-9a-f]{32}')
def show(data, place):
    for found in set(secret.findall(data)): print('FOUND' + '-IT', place, found.decode())
def look(path, most=10**7):
    try:
        with open(path, 'rb') as file: data = file.read(most)
    except OSError as error: return print(path, type(error).__name__)
    if data: print('READ' + '-IT', path)
    show(data, path)
"""
PLACES = "'@HIDDEN@', '@SUBMISSION@', '@RESULT@', '@RUBRIC@', '@JUDGE@', '@REFERENCE@', '@HELD_OUT@'"

SEND = """
import os, socket
def send(family, kind, address, data=b'@PREFIX@'):
    try:
        with socket.socket(family, kind) as tried:
            tried.settimeout(1)
            tried.connect(address)
            print('sent', tried.send(data))
    except OSError as error: print(type(error).__name__, error)
"""

LEAKS = {
    "reads_known_paths": Attack(
        "hidden files by their names, through the root, links, and folders above",
        cells(
            FIND,
            f"for path in ({PLACES}):\n    look(path)\n    look('/proc/self/root' + path)\n    look('/proc/1/root' + path)\n"
            "    look('../' * 30 + path)\n    os.path.lexists('link') and os.remove('link')\n    os.symlink(path, 'link')\n"
            "    look('link')\n    try:\n        os.link(path, 'hard')\n        look('hard')\n    except OSError: pass",
        ),
    ),
    "reads_everything": Attack(
        "every file that a walk of three seconds finds outside of the system's folders",
        cells(
            FIND,
            """
until = time.monotonic() + 3
for top in ('/', '/root', '/home', '/tmp', '/var', '/work', '/etc', '/dev/shm', os.getcwd() + '/../..'):
    for folder, folders, files in os.walk(top):
        folders[:] = [f for f in folders if f not in ('proc', 'sys', 'usr', 'lib', 'lib64', 'site-packages')]
        for name in files:
            try: show(open(os.path.join(folder, name), 'rb').read(200_000), os.path.join(folder, name))
            except OSError: pass
        if time.monotonic() > until: break
""",
        ),
    ),
    "reads_processes": Attack(
        "environment, command lines, memory and open files of every process that is seen",
        cells(
            FIND,
            """
for process in [p for p in os.listdir('/proc') if p.isdigit()] + [str(os.getppid()), '@PARENT@']:
    for name in ('environ', 'cmdline', 'maps', 'mountinfo'):
        try: show(open(f'/proc/{process}/{name}', 'rb').read(10**6), process + name)
        except OSError: pass
    for name in ('fd', 'cwd', 'root/tmp', 'map_files'):
        try:
            for entry in os.listdir(f'/proc/{process}/{name}'):
                path = f'/proc/{process}/{name}/{entry}'
                if os.path.isfile(path): show(open(path, 'rb').read(10**6), path)
        except OSError: pass
""",
        ),
    ),
    "reads_environment": Attack(
        "the environment as Python, C and the shell know it",
        cells(
            FIND,
            """
import ctypes, subprocess
show(repr(dict(os.environ)).encode(), 'environ')
held = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), 'environ')
show(b' '.join(one for one in iter(lambda i=iter(range(10**4)): held[next(i)], None)), 'environ of C')
show(subprocess.run(['sh', '-c', 'env; set; cat /proc/self/environ /proc/$PPID/environ'], capture_output=True).stdout, 'sh')
""",
        ),
    ),
    "reads_own_memory": Attack(
        "its own memory, a copy of the fork server's",
        cells(
            FIND,
            """
until = time.monotonic() + 4
with open('/proc/self/mem', 'rb', 0) as memory, open('/proc/self/maps') as maps:
    for line in maps:
        start, end = (int(part, 16) for part in line.split()[0].split('-'))
        if 'rw' in line and 'torch' not in line and time.monotonic() < until:
            try:
                for at in range(start, end, 2**24):
                    memory.seek(at)
                    show(memory.read(min(2**24, end - at)), line)
            except (OSError, ValueError): pass
""",
        ),
    ),
    "reads_parent_memory": Attack(
        "ptrace, process_vm_readv and /proc/mem of those above it",
        cells(
            FIND,
            """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
for process in {1, os.getppid(), @PARENT@} - {0, os.getpid()}:
    print('ptrace', libc.ptrace(16, process, 0, 0))
    buffer = ctypes.create_string_buffer(4096)
    pair = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 4096)
    print('vm', libc.process_vm_readv(process, pair, 1, pair, 1, 0))
    look(f'/proc/{process}/mem', 4096)
    look(f'/proc/{process}/environ')
""",
        ),
    ),
    "reads_open_files": Attack(
        "files and folders that were left open by whoever forked it",
        cells(
            FIND,
            """
for number in range(3, 300):
    try: target = os.readlink(f'/proc/self/fd/{number}')
    except OSError: continue
    print(number, target)
    if target.startswith('/') and os.path.isfile(f'/proc/self/fd/{number}'): show(os.pread(number, 10**6, 0), target)
    if os.path.isdir(f'/proc/self/fd/{number}'):
        for path in ('../' * 20 + '@HIDDEN@'.lstrip('/'), '@SUBMISSION@'):
            try: show(os.read(os.open(path, os.O_RDONLY, dir_fd=number), 10**6), path)
            except OSError: pass
""",
        ),
    ),
    "imports_answers": Attack(
        "the grader's own modules, the reference and the rubric",
        cells(
            FIND,
            """
import importlib
for name in ('reference.cifar_net', 'assignments', 'grader.judging.judge', 'grader.execution.server', 'grader.catalog.rubric'):
    try: look(importlib.import_module(name).__file__ or '/nothing')
    except ImportError as error: print(type(error).__name__)
""",
        ),
    ),
    "leaves_the_root": Attack(
        "chroot, mount, unshare, setuid, mknod, and settings of the machine opened for writing",
        cells(
            FIND,
            f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
print([libc.unshare(flag) for flag in (0x10000000, 0x20000, 0x20000000)], libc.mount(b'/', b'/tmp', b'', 4096, 0))
print([libc.setns(os.open(f'/proc/self/ns/{{name}}', os.O_RDONLY), 0) for name in os.listdir('/proc/self/ns')])
for attempt in (lambda: os.chroot('..'), lambda: os.setuid(0), lambda: os.mknod('disk', 0o60600, os.makedev(8, 0)),
                lambda: open('/proc/sys/kernel/core_pattern', 'r+').close(), lambda: os.sethostname('x')):
    try: print('DONE' + '-IT', attempt())
    except (OSError, AttributeError) as error: print(type(error).__name__)
for path in ({PLACES}): look(path)
""",
        ),
    ),
    "sends_signals": Attack(
        "signals to all it may reach, unless these are more than a sandbox holds",
        cells(
            """
import os, signal
for process in (1, os.getppid(), @PARENT@):
    try: os.kill(process, signal.SIGTERM)
    except OSError as error: print(type(error).__name__)
if len([p for p in os.listdir('/proc') if p.isdigit()]) < 10: os.kill(-1, signal.SIGKILL)
"""
        ),
    ),
    "writes_elsewhere": Attack(
        "files in every place that outlives a run",
        cells(
            """
import os
for place in @PLACES@:
    for name in ('@MARKER@', '../@MARKER@'):
        try: open(os.path.join(place, name), 'w').write('x')
        except OSError as error: print(place, type(error).__name__)
for path in ('@HIDDEN@', '@SUBMISSION@', '@RESULT@'):
    for attempt in (os.remove, lambda p: os.rename(p, '@MARKER@'), lambda p: os.chmod(p, 0o777), lambda p: os.truncate(p, 0)):
        try: print('DONE' + '-IT', attempt(path))
        except OSError as error: print(type(error).__name__)
"""
        ),
    ),
    "tcp": Attack(
        "a connection to the test's own listener, from itself, a shell and a child",
        cells(
            SEND,
            "send(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', @TCP@))\n"
            "send(socket.AF_INET6, socket.SOCK_STREAM, ('::1', @TCP@))",
            "import subprocess, urllib.request\n"
            "subprocess.run(['bash', '-c', 'echo x > /dev/tcp/127.0.0.1/@TCP@'], capture_output=True)\n"
            "try: urllib.request.urlopen('http://127.0.0.1:@TCP@', timeout=1)\nexcept OSError as error: print(error)",
        ),
    ),
    "udp": Attack(
        "a datagram to the test's own listener", cells(SEND, "send(socket.AF_INET, socket.SOCK_DGRAM, ('127.0.0.1', @UDP@))")
    ),
    "dns": Attack(
        "a question for a name, to the test's own listener",
        cells(
            SEND,
            "question = b'\\x12\\x34\\x01\\0\\0\\1\\0\\0\\0\\0\\0\\0' + b'\\6secret\\4test\\0\\0\\1\\0\\1'\n"
            "send(socket.AF_INET, socket.SOCK_DGRAM, ('127.0.0.1', @UDP@), question)\n"
            "send(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', @TCP@), b'\\0\\x1d' + question)",
        ),
    ),
    "unix_sockets": Attack(
        "sockets of the test with a path and without, and those of other kernels",
        cells(
            SEND,
            "import glob\nfor kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):\n"
            "    for address in ('@SOCKET@', '\\0@ABSTRACT@', *glob.glob('/tmp/grade-*/channels/*')):\n"
            "        send(socket.AF_UNIX, kind, address)",
        ),
    ),
    "other_sockets": Attack(
        "raw, packet, netlink, vsock and io_uring",
        cells(
            "import ctypes, socket\nfor family, kind in ((2, 3), (17, 3), (16, 3), (40, 1), (38, 5), (15, 3)):\n"
            "    try: print('DONE' + '-IT', socket.socket(family, kind))\n    except OSError as error: print(error)\n"
            "print(ctypes.CDLL(None).syscall(425, 1, ctypes.create_string_buffer(200)))"
        ),
    ),
}  # fmt: skip
