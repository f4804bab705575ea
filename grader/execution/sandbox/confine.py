"""Puts the layers of a plan on, in the one order that works, in the processes between the fork server and the kernel.

supervisor (enters the process namespace for its children) -> first process of that namespace (builds the root, collects
orphans, passes interrupts on) -> kernel (joins its group, changes user, Landlock, limits, seccomp).
"""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from grader.execution import linux
from grader.execution.messages import close_all_but
from grader.execution.sandbox import cgroups, landlock, namespaces, privileges, seccomp
from grader.execution.sandbox.plan import Plan


def prepare(plan: Plan) -> tuple[Plan, list[Path]]:
    """In the supervisor, before the fork: folders change hands, groups are made. Raises OSError."""
    if "user" in plan.layers:
        plan = replace(plan, user=privileges.new_user(os.getpid()))
        for folder in plan.writable:
            privileges.own(folder, plan.user or 0)
    groups = cgroups.create(plan.name, plan.limits) if "cgroup" in plan.layers else []
    if "namespaces" in plan.layers:
        namespaces.enter_pids()
    return plan, groups


def enter(plan: Plan, groups: list[Path], status: int) -> None:
    """In the forked child. Returns in the process that is to become the kernel, everything put on.

    With namespaces that is a child of the caller, which stays as the first process of the namespace and writes how the
    kernel ended, as wait(2) says it, to `status`. Raises OSError.
    """
    linux.die_with_parent(signal.SIGKILL)
    cgroups.join(groups)
    if "namespaces" in plan.layers:
        namespaces.enter_root(plan)
        kernel = os.fork()
        if kernel:
            serve_as_first(kernel, status)
    os.setsid()
    confine(plan)


def confine(plan: Plan) -> None:
    """The layers that a process puts on itself. Raises OSError."""
    privileges.set_limits(plan)
    if plan.user is not None:
        privileges.become_user(plan.user)
    else:
        privileges.drop_bounding_set()
    linux.die_with_parent(signal.SIGKILL)  # a change of user clears it
    if {"landlock", "scopes"} & set(plan.layers):
        landlock.restrict(plan)
    privileges.drop_capabilities()
    if "seccomp" in plan.layers:
        same_user = plan.user is None and "namespaces" not in plan.layers
        seccomp.refuse(same_user, emptying=not landlock.leaves_emptying(plan))


def serve_as_first(kernel: int, status: int) -> NoReturn:
    """Process 1 of a namespace: when it ends, so does everything in it."""
    awaited = {
        signal.SIGINT,
        signal.SIGCHLD,
    }  # held back: one that comes just before the wait would be seen after it
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
        close_all_but({status})
        while True:
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                if found[0] == kernel:
                    os.write(status, str(found[1]).encode())
                    os._exit(0)
            if signal.sigwait(awaited) == signal.SIGINT:
                pass_on(kernel)
    finally:
        os._exit(1)


def pass_on(kernel: int) -> None:
    """As a terminal does: to the kernel and to what it started."""
    try:
        os.killpg(kernel, signal.SIGINT)
    except ProcessLookupError:
        return


def probe_only(plan: Plan, check: Callable[[], bool]) -> bool:
    """Whether `check` holds in a process under `plan`, in a forked child; False if a layer cannot be put on."""
    child = os.fork()
    if child == 0:
        held = False
        try:
            held = supervised(plan, check)
        except Exception as error:
            print(f"{plan.layers[-1]}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        finally:
            os._exit(0 if held else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def supervised(plan: Plan, check: Callable[[], bool]) -> bool:
    """As the supervisor does it, for a check instead of a kernel."""
    read, write = os.pipe()
    plan, groups = prepare(plan)
    try:
        first = os.fork()
        if first == 0:
            held = False
            try:
                enter(plan, groups, write)
                held = check()
            except Exception as error:
                print(f"{plan.layers[-1]}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
            finally:
                os._exit(0 if held else 1)
        how = os.waitpid(first, 0)[1]
        os.close(write)
        written = os.read(read, 20)
        return os.waitstatus_to_exitcode(int(written) if written else how) == 0
    finally:
        cgroups.remove(groups)
