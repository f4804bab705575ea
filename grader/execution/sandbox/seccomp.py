"""A filter on system calls: no network, no other process, nothing of the kernel's darker corners. seccomp(2).

Classic BPF over struct seccomp_data: number at 0, architecture at 4, first argument at 16. Refused calls fail with EPERM, so
that code that tries and goes on does go on. Calls are listed with their numbers on both architectures.
"""

import ctypes
import errno
import os
import struct

from grader.execution.linux import checked, no_new_privileges, syscall

ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_*
SECCOMP = {"x86_64": 317, "aarch64": 277}
REFUSED = {  # name: (x86_64, aarch64)
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440),
    # file systems and namespaces
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "unshare": (272, 97),
    "setns": (308, 268), "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "move_mount": (429, 429), "open_tree": (428, 428), "mount_setattr": (442, 442), "open_by_handle_at": (304, 265),
    "name_to_handle_at": (303, 264), "quotactl": (179, 60), "swapon": (167, 224), "swapoff": (168, 225),
    # the kernel itself
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "init_module": (175, 105),
    "finit_module": (313, 273), "delete_module": (176, 106), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "reboot": (169, 142), "acct": (163, 89), "settimeofday": (164, 170), "clock_settime": (227, 112),
    "adjtimex": (159, 171), "sethostname": (170, 161), "setdomainname": (171, 162), "syslog": (103, 116),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "personality": (135, 92),
    "vhangup": (153, 58), "lookup_dcookie": (212, 18), "fanotify_init": (300, 262),
}  # fmt: skip
MARKS = {  # modes, owners, times and lists of access of files, which Landlock does not cover
    "chmod": (90, None), "fchmod": (91, 52), "fchmodat": (268, 53), "fchmodat2": (452, 452), "chown": (92, None),
    "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54), "utime": (132, None), "utimes": (235, None),
    "futimesat": (261, None), "setxattr": (188, 5), "lsetxattr": (189, 6),
    "fsetxattr": (190, 7), "removexattr": (197, 14), "lremovexattr": (198, 15), "fremovexattr": (199, 16),
    "setxattrat": (463, 463), "removexattrat": (466, 466), "file_setattr": (469, 469),
}  # fmt: skip
TOUCH = {"x86_64": 280, "aarch64": 88}
TRUNCATE = {"x86_64": 76, "aarch64": 45}  # by path; ftruncate needs a file that was opened for writing
CLONE, SOCKET = {"x86_64": 56, "aarch64": 220}, {"x86_64": 41, "aarch64": 198}
CLONE3 = 435  # its flags lie in memory, out of a filter's sight: "not there" makes the C library use clone
NEW_NAMESPACES = 0x7E020000  # CLONE_NEW* except CLONE_NEWTIME, which clone does not take
AF_UNIX = 1
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
KILL, ALLOW, FAIL = 0x80000000, 0x7FFF0000, 0x00050000
X32 = 0x40000000  # x86_64 only: the same calls under other numbers


def program(machine: str, same_user: bool = False, emptying: bool = True) -> list[tuple[int, int, int, int]]:
    """(code, jump if true, jump if false, value) of each instruction. Raises KeyError for another architecture.

    `same_user`: the grader's files are its own too, and nothing hides them. Calls that set modes, owners and times then do
    nothing and say that they did, for copying a file makes them; but not "now" as the times of a path, for who makes a file
    by touching it tries that first, and makes none where it succeeds. `emptying`: files may be emptied by their path.
    """
    column = list(ARCHITECTURE).index(machine)
    code = [
        (LOAD, 0, 0, 4),
        (EQUAL, 1, 0, ARCHITECTURE[machine]),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, 0),
        (AT_LEAST, 0, 1, X32),
        (RETURN, 0, 0, FAIL | errno.EPERM),
    ]
    for numbers in REFUSED.values():
        code += [(EQUAL, 0, 1, numbers[column]), (RETURN, 0, 0, FAIL | errno.EPERM)]
    code += [] if emptying else [(EQUAL, 0, 1, TRUNCATE[machine]), (RETURN, 0, 0, FAIL | errno.EPERM)]
    code += touched(TOUCH[machine]) if same_user else []
    for pair in MARKS.values() if same_user else ():
        if (number := pair[column]) is not None:
            code += [(EQUAL, 0, 1, number), (RETURN, 0, 0, FAIL)]
    code += [(EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, FAIL | errno.ENOSYS)]
    code += [
        (EQUAL, 0, 4, CLONE[machine]),
        (LOAD, 0, 0, 16),
        (ANY_BIT, 0, 1, NEW_NAMESPACES),
        (RETURN, 0, 0, FAIL | errno.EPERM),
        (LOAD, 0, 0, 0),
    ]
    code += [
        (EQUAL, 0, 3, SOCKET[machine]),
        (LOAD, 0, 0, 16),
        (EQUAL, 1, 0, AF_UNIX),
        (RETURN, 0, 0, FAIL | errno.EACCES),
    ]
    return [*code, (RETURN, 0, 0, ALLOW)]


def touched(number: int) -> list[tuple[int, int, int, int]]:
    """utimensat: fails with a path (second argument) and without times (third argument), else does nothing."""
    return [
        (EQUAL, 0, 10, number),
        (LOAD, 0, 0, 24),
        (EQUAL, 0, 2, 0),
        (LOAD, 0, 0, 28),
        (EQUAL, 5, 0, 0),
        (LOAD, 0, 0, 32),
        (EQUAL, 0, 3, 0),
        (LOAD, 0, 0, 36),
        (EQUAL, 0, 1, 0),
        (RETURN, 0, 0, FAIL | errno.EPERM),
        (RETURN, 0, 0, FAIL),
    ]


def refuse(same_user: bool, emptying: bool) -> None:
    """Install the filter; it holds for everything that is started from here on. Raises OSError, KeyError."""
    code = program(os.uname().machine, same_user, emptying)
    packed = b"".join(struct.pack("HBBI", *instruction) for instruction in code)
    kept = ctypes.create_string_buffer(packed)
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(code), ctypes.addressof(kept)))
    no_new_privileges()
    checked(syscall(SECCOMP[os.uname().machine], 1, 0, head), "seccomp")
