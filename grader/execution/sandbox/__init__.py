"""What a kernel cannot do. Applied to a forked process by system calls, without exec, so that warm kernels stay warm.

plan.py says what is wanted, probing.py what this machine allows, levels.py what that is called and what stays open;
confine.py puts the layers on. Each has a file: namespaces, privileges (user, limits), landlock, seccomp, cgroups, watch.
"""
