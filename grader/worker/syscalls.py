"""The system calls that a run is refused, and why.

All other calls are allowed: a list of allowed ones would break with every new version of
torch or of the C library, and a student would pay for it. What is refused is either a way
around the other layers, a way to reach another process or another run, or memory that the
watchdog cannot see.
"""

import socket
from typing import Final, NamedTuple

REFUSED: Final[dict[str, tuple[str, ...]]] = {
    "new namespaces and mounts": (
        "unshare", "setns", "mount", "umount", "umount2", "pivot_root", "chroot", "move_mount",
        "open_tree", "fsopen", "fspick", "fsconfig", "fsmount", "mount_setattr",
    ),
    "other processes": (
        "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease",
        "kcmp", "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "setpriority", "ioprio_set",
        "sched_setscheduler", "sched_setparam", "sched_setattr", "migrate_pages", "move_pages",
    ),
    "programs, in which nothing of ours would be left": ("execve", "execveat", "uselib"),
    "files that other runs see as well": (
        "inotify_init", "inotify_init1", "inotify_add_watch", "cachestat", "mincore",
    ),
    "memory out of sight": (
        "memfd_create", "memfd_secret", "shmget", "shmat", "shmctl", "semget", "semop", "semctl",
        "semtimedop", "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink", "vmsplice",
        "userfaultfd",
    ),
    "the kernel's wider doors": (
        "bpf", "io_uring_setup", "io_uring_enter", "io_uring_register", "perf_event_open",
        "fanotify_init", "keyctl", "add_key", "request_key", "name_to_handle_at",
        "open_by_handle_at", "modify_ldt", "lookup_dcookie", "quotactl", "quotactl_fd", "acct",
        "syslog", "init_module", "finit_module", "delete_module", "kexec_load",
        "kexec_file_load", "reboot", "swapon", "swapoff", "settimeofday", "clock_settime",
        "clock_adjtime", "adjtimex", "sethostname", "setdomainname", "iopl", "ioperm", "vhangup",
    ),
}  # fmt: skip
"""Refused with EPERM whatever the arguments."""

UNKNOWN: Final = ("clone3",)
"""Answered with ENOSYS: a filter cannot look into its argument, and `clone` is tried next."""


class Argument(NamedTuple):
    """A condition on one argument of a call: `value & mask == operand`, or `!= operand`."""

    place: int
    operand: int
    mask: int | None = None
    equal: bool = True


_CLONE_NEW = (1 << 7, 1 << 17, 1 << 25, 1 << 26, 1 << 27, 1 << 28, 1 << 29, 1 << 30)
_SO_SIZES = (7, 8, 32, 33)  # SO_SNDBUF, SO_RCVBUF and their FORCE twins
_F_SETPIPE_SZ = 1031
_SHARED_FILES = (1024, 1026)  # F_SETLEASE, F_NOTIFY
_LOCKS = (6, 7, 37, 38)  # F_SETLK, F_SETLKW and their OFD twins
_RWF_NOWAIT = 8
_FADV_DONTNEED = 4
_COLD = (20, 21)  # MADV_COLD, MADV_PAGEOUT
_PR_SET_DUMPABLE = 4
_TERMINAL = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
_WORD = 0xFFFF_FFFF

CONDITIONAL: Final[tuple[tuple[str, tuple[Argument, ...]], ...]] = (
    *(("clone", (Argument(0, flag, flag),)) for flag in _CLONE_NEW),
    ("socket", (Argument(0, socket.AF_UNIX, equal=False),)),
    ("socketpair", (Argument(0, socket.AF_UNIX, equal=False),)),
    *(("setsockopt", (Argument(1, 1, _WORD), Argument(2, size, _WORD))) for size in _SO_SIZES),
    *(("fcntl", (Argument(1, code, _WORD),)) for code in (_F_SETPIPE_SZ, *_SHARED_FILES)),
    # Which pages of a file are in memory, all runs can tell, and change.
    ("preadv2", (Argument(5, _RWF_NOWAIT, _RWF_NOWAIT),)),
    ("fadvise64", (Argument(3, _FADV_DONTNEED, _WORD),)),
    *(("madvise", (Argument(2, advice, _WORD),)) for advice in _COLD),
    ("prctl", (Argument(0, _PR_SET_DUMPABLE, _WORD),)),  # the watchdog would see less of it
    *(("ioctl", (Argument(1, code, _WORD),)) for code in _TERMINAL),
    ("prlimit64", (Argument(0, 0, equal=False),)),
    ("sched_setaffinity", (Argument(0, 0, equal=False),)),
)
"""Refused with EPERM where all conditions hold."""

GRANTED: Final[tuple[tuple[str, tuple[Argument, ...]], ...]] = (
    ("flock", ()),
    *(("fcntl", (Argument(1, code, _WORD),)) for code in _LOCKS),
)
"""Answered as if done. A lock binds whoever opens the same file, and all runs read the same data:
it would be a signal. Of the files of its own a run is the only user; what locks them goes on.
"""

SIGNALS: Final = ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo")
"""Their first argument is a process: refused to others where no namespace hides those."""
