"""What a process that reads mail gives up before it sees any: files, network, programs, time and memory.

Bounds of resources are required; what else the kernel offers to a process without rights is taken where it is there.
"""

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
import sysconfig
from pathlib import Path

from inbox.reading.limits import Limits

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWIPC = 0x10000000, 0x40000000, 0x08000000
LANDLOCK_CREATE_RULESET, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT_SELF = 444, 445, 446
LANDLOCK_ALL_FILES = (1 << 13) - 1  # the first version's rights: execute, write, read, make, remove
LANDLOCK_READ = (1 << 2) | (1 << 3)
MOST_FILES = 64

# Calls that reading has no use for, by the numbers that a processor's kernel gives them.
# socket, connect, bind, listen, accept, accept4; execve, execveat; fork, vfork, clone, clone3; ptrace, kill, tkill,
# tgkill; process_vm_readv, process_vm_writev; io_uring_setup, bpf, mount, open_by_handle_at
X86 = (41, 42, 49, 50, 43, 288, 59, 322, 57, 58, 56, 435, 101, 62, 200, 234, 310, 311, 425, 321, 165, 304)
ARM = (198, 203, 200, 201, 202, 242, 221, 281, 220, 435, 117, 129, 130, 131, 270, 271, 425, 280, 40, 265)
OTHER_NUMBERS = 0x40000000  # from here on the calls have a second number
FORBIDDEN_CALLS = {"x86_64": (0xC000003E, X86), "aarch64": (0xC00000B7, ARM)}

_libc = ctypes.CDLL(None, use_errno=True)


def leave_network() -> bool:
    """Go where there is no network; the processes that this one starts are there too."""
    return bool(_libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC) == 0 or _libc.unshare(CLONE_NEWNET) == 0)


def die_with_parent(parent: int) -> None:
    """Have the kernel end this process when the one that started it ends."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def give_up(limits: Limits) -> None:
    """Give up all that reading doesn't need, for good."""
    _libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    _bound(resource.RLIMIT_CORE, 0)
    _bound(resource.RLIMIT_FSIZE, 0)
    _bound(resource.RLIMIT_NOFILE, MOST_FILES)
    _bound(resource.RLIMIT_CPU, int(limits.seconds) + 1)
    _bound(resource.RLIMIT_AS, limits.memory)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _leave_files()
    _leave_calls()


def _bound(what: int, most: int) -> None:
    hard = resource.getrlimit(what)[1]
    bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (bound, bound))


def _readable() -> set[Path]:
    """Folders that are still read: Python's, its libraries', the fonts with which pages are drawn."""
    paths = sysconfig.get_paths()
    named = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    code = Path(__file__).resolve().parents[1]
    folders = [*map(Path, named), code, code.parent / "ledger", Path(sys.base_prefix, "lib"), Path("/usr/share/fonts")]
    return {folder.resolve() for folder in folders if folder.is_dir()}


def _leave_files() -> bool:
    """No file can be written any more, and none read but the libraries'."""
    ruleset = _libc.syscall(LANDLOCK_CREATE_RULESET, struct.pack("Q", LANDLOCK_ALL_FILES), 8, 0)
    if ruleset < 0:
        return False
    for folder in _readable():
        opened = os.open(folder, os.O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", LANDLOCK_READ, opened)
        _libc.syscall(LANDLOCK_ADD_RULE, ruleset, 1, rule, 0)
        os.close(opened)
    done = _libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0) == 0
    os.close(ruleset)
    return bool(done)


def _leave_calls() -> bool:
    """The kernel refuses the calls that reading has no use for (EPERM)."""
    known = FORBIDDEN_CALLS.get(platform.machine())
    if known is None or sys.byteorder != "little":
        return False
    architecture, calls = known
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    allow, refuse, kill = 0x7FFF0000, 0x00050001, 0x80000000
    steps = [(load, 0, 0, 4), (equal, 1, 0, architecture), (give, 0, 0, kill), (load, 0, 0, 0)]
    steps += [(at_least, len(calls) + 1, 0, OTHER_NUMBERS)]
    steps += [(equal, len(calls) - number, 0, call) for number, call in enumerate(calls)]
    steps += [(give, 0, 0, allow), (give, 0, 0, refuse)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(steps), ctypes.addressof(code)))
    return bool(_libc.prctl(PR_SET_SECCOMP, 2, ctypes.byref(program), 0, 0) == 0)
