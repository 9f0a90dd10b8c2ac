"""A filter of system calls, made by libseccomp and loaded by the process it is to bind.

libseccomp is called directly: its Python bindings come from the distribution and for one
interpreter alone, and the package that stands in for them looks for the library by running
`ldconfig`, which a walled-in worker has not got.
"""

import ctypes
import errno
import functools
import os
from collections.abc import Iterable
from typing import Self

from grader.worker import system
from grader.worker.syscalls import (
    CONDITIONAL,
    GRANTED,
    REFUSED,
    SIGNALS,
    UNKNOWN,
    Argument,
)

_ALLOW = 0x7FFF_0000
_ERRNO = 0x0005_0000
_BAD_ARCHITECTURE = 2
_KILL_PROCESS = 0x8000_0000
_NE, _EQ, _MASKED = 1, 4, 7
_INSTRUCTION = 8
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2


class _Comparison(ctypes.Structure):
    _fields_ = (
        ("index", ctypes.c_uint),
        ("operator", ctypes.c_int),
        ("first", ctypes.c_uint64),
        ("second", ctypes.c_uint64),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


@functools.cache
def compiled(*, sockets: bool) -> bytes:
    """The filter as instructions for the kernel; `sockets`: those by path may be made.

    Raises OSError where libseccomp is not installed.
    """
    with _Filter() as made:
        for calls in REFUSED.values():
            made.refuse(calls)
        made.refuse(UNKNOWN, error=errno.ENOSYS)
        for name, arguments in CONDITIONAL:
            made.refuse([name], arguments)
        for name, arguments in GRANTED:
            made.refuse([name], arguments, error=0)
        if not sockets:
            made.refuse(["socket", "bind", "connect"])
        return made.export()


def signals_to_itself_alone() -> bytes:
    """A second filter for the calling process: signals go to it and to nobody else."""
    with _Filter() as made:
        made.refuse(SIGNALS, [Argument(0, os.getpid(), equal=False)])
        made.refuse(["tkill"])  # names a thread, of any process
        return made.export()


def load(program: bytes) -> None:
    """Bind this process, for good, by a filter. It must have given up gaining privileges."""
    buffer = ctypes.create_string_buffer(program, len(program))
    header = _Program(len(program) // _INSTRUCTION, ctypes.addressof(buffer))
    system.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.addressof(header))


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_init.restype = ctypes.c_void_p
    return library


class _Filter:
    """A filter under construction: all is allowed but what is refused."""

    def __init__(self) -> None:
        self._library = _library()
        self._context = ctypes.c_void_p(self._library.seccomp_init(ctypes.c_uint32(_ALLOW)))
        self._check(
            self._library.seccomp_attr_set(
                self._context, _BAD_ARCHITECTURE, ctypes.c_uint32(_KILL_PROCESS)
            )
        )

    def refuse(
        self, names: Iterable[str], conditions: Iterable[Argument] = (), error: int = errno.EPERM
    ) -> None:
        """Refuse calls by name; those that this kernel's architecture lacks are passed over."""
        made = [_comparison(each) for each in conditions]
        array = (_Comparison * len(made))(*made)
        action = ctypes.c_uint32(_ERRNO | error)
        for name in names:
            number = self._library.seccomp_syscall_resolve_name(name.encode())
            if number < 0:
                continue
            self._check(
                self._library.seccomp_rule_add_array(
                    self._context, action, number, ctypes.c_uint(len(made)), array
                )
            )

    def export(self) -> bytes:
        """The instructions."""
        reading, writing = os.pipe()
        with open(reading, "rb") as program:  # noqa: PTH123 - a descriptor
            with open(writing, "wb") as there:  # noqa: PTH123
                code = self._library.seccomp_export_bpf(self._context, there.fileno())
            self._check(code)
            return program.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._library.seccomp_release(self._context)

    @staticmethod
    def _check(code: int) -> None:
        if code < 0:
            raise OSError(-code, f"libseccomp: {os.strerror(-code)}")


def _comparison(argument: Argument) -> _Comparison:
    index, operand, mask, equal = argument
    if mask is not None:
        return _Comparison(index, _MASKED, mask, operand)
    return _Comparison(index, _EQ if equal else _NE, operand, 0)
