"""One submission from the first cell to the last, as a notebook kernel would run it."""

from __future__ import annotations

import ast
import asyncio
import builtins
import inspect
import os
import random
import sys
import time
import types
import warnings
from collections.abc import Sequence
from types import CodeType
from typing import Any, Literal

import numpy as np
import torch
from safetensors.torch import load

from grader.protocol import CellCode, CellDone, Done, RunRequest
from grader.worker import (
    beside,
    capture,
    command_line,
    data,
    processor,
    programs,
    shell,
    sources,
    waiting,
)
from grader.worker.channel import Channel
from grader.worker.entry import NotCallable, call_entry
from grader.worker.errors import explain, filename, line_of
from grader.worker.instrument import handed, instrument
from grader.worker.places import Places
from grader.worker.recorder import Recorder
from grader.worker.reporter import Send

_clock = time.perf_counter  # looked up before student code may put another in its place
Status = Literal["ok", "error", "skipped"]


class Run:
    """The state of one run: namespace, recorder, output.

    Exceptions of the student's code are results; whatever else ends this process is
    for the trusted side to notice.
    """

    def __init__(self, request: RunRequest, blob: bytes, send: Send) -> None:
        self.request = request
        self.blob = blob
        self.send = send
        self.module = types.ModuleType("__main__")
        self.namespace: dict[str, Any] = self.module.__dict__
        self.output = capture.install(request.limits.output_kb)
        self.resolver = data.Resolver(request.data)
        self.recorder = Recorder(request, send, self.namespace, self.resolver.note)
        self.codes: dict[int, CodeType | BaseException] = {}
        self._on_processor = False
        self._failed = False
        """Whether the last cell raised: then that is what there is to say of it."""

    def go(self) -> None:
        """Run all cells and report what was seen."""
        self.cells(self.request.cells)
        self.end()

    def cells(self, cells: Sequence[CellCode]) -> None:
        """Run these cells of the request."""
        for cell in cells:
            self.recorder.begin_cell(cell.index)
            done = self._cell(cell)
            self._failed = bool(done.error or done.soft_errors)
            self.send(done, b"")

    def end(self) -> None:
        """What comes after the last cell."""
        if not self.recorder.settled:
            self._entry()
        self.send(Done(), b"")

    def prepare(self) -> None:
        """Set the stage; no code of the student's runs yet."""
        seed(self.request.seed)
        self.namespace["__builtins__"] = builtins
        sys.modules["__main__"] = self.module
        self.resolver.install()
        Places(self.resolver).install()
        waiting.install(self.resolver.note)
        command_line.install(self.resolver)
        self._introduce()
        self.shell = shell.install(self.namespace, self.resolver)
        programs.install(self.shell)
        self._lay_beside()
        self._stay_on_processor(self.request.cells)
        warnings.simplefilter("ignore")
        self._compile(self.request.cells)

    def go_on(self, request: RunRequest, blob: bytes, channel: Channel) -> None:
        """Serve another request whose first cells are those of this run, and have been run."""
        left = request.cells[len(self.request.cells) :]
        self.request, self.blob, self.send = request, blob, channel.send
        self._introduce()
        self._lay_beside()
        self.recorder.go_on(request, channel.send)
        with warnings.catch_warnings():  # the cells that have run may want to see them
            warnings.simplefilter("ignore")
            self._compile(left)
        self._stay_on_processor(left)
        self.cells(left)
        self.end()

    def _stay_on_processor(self, cells: Sequence[CellCode]) -> None:
        if not self._on_processor and processor.asked_for(cell.source for cell in cells):
            self._on_processor = True
            processor.OnProcessor(self.resolver.note).install()

    def _introduce(self) -> None:
        """A file knows its name, as under `python file.py`; a notebook that of its kernel."""
        script = self.request.script
        sources = [cell.source for cell in self.request.cells]
        sys.argv = command_line.words(script, sources, self.resolver)
        if script is not None:
            self.namespace["__file__"] = os.path.join(os.getcwd(), script)  # noqa: PTH109, PTH118

    def _lay_beside(self) -> None:
        """Put what was handed in with the notebook where the notebook looks for it."""
        self.shell.scripts = self.request.scripts
        for problem in beside.lay(self.request.files):
            self.resolver.note(problem)

    def _compile(self, cells: Sequence[CellCode]) -> None:
        sources.show(cells)
        self.codes |= {cell.index: self._compiled(cell) for cell in cells}

    def _cell(self, cell: CellCode) -> CellDone:
        if cell.skip is not None:
            return CellDone(index=cell.index, status="error", error=cell.skip)
        begun = _clock()
        error = self._execute(cell)
        self.recorder.end_cell()
        recorder, line = self.recorder, None
        if error is not None:
            line = line_of(error, filename(cell.index))
        return CellDone(
            index=cell.index,
            status="ok" if error is None else "error",
            error=None if error is None else explain(error),
            line=line,
            seconds=_clock() - begun,
            output=self.output.take() if self.request.outputs else "",
            shown=recorder.shown,
            soft_errors=recorder.soft_errors,
            notes=self.resolver.take_notes(),
        )

    def _execute(self, cell: CellCode) -> BaseException | None:
        """Run one cell; what it raised, if anything."""
        code = self.codes[cell.index]
        if isinstance(code, BaseException):
            return code
        try:
            if code.co_flags & inspect.CO_COROUTINE:
                asyncio.run(eval(code, self.namespace))  # noqa: S307
            else:
                exec(code, self.namespace)  # noqa: S102
        except BaseException as error:  # noqa: BLE001 - a student may raise anything, SystemExit too
            return error
        return None

    def _compiled(self, cell: CellCode) -> CodeType | BaseException:
        """A cell with its hooks."""
        try:
            code: CodeType = compile(
                instrument(cell.source, cell.hooks, show_last=self.request.outputs),
                filename(cell.index),
                "exec",
                flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,  # as in Jupyter
                dont_inherit=True,
            )
        except Exception as error:  # noqa: BLE001 - what is no Python fails when it is its turn
            return error
        return handed(code, self.recorder)

    def _entry(self) -> None:
        """Call the function that derives the gradients, if there is one."""
        if self.request.entry is None or not self.blob:
            return
        values = load(self.blob)
        arguments = {
            name: value.item() if value.dim() == 0 and name in self.request.inputs else value
            for name, value in values.items()
        }
        try:
            outcome = call_entry(self.namespace, self.request, arguments, self.recorder)
        except BaseException as error:  # noqa: BLE001 - a student may raise anything
            self._report_entry(explain(error))
            return
        if isinstance(outcome, NotCallable):
            self._report_entry(outcome.reason)

    def _report_entry(self, text: str) -> None:
        if self._failed:
            return
        index = self.request.cells[-1].index if self.request.cells else 0
        line = f"{self.request.entry}(): {text}"
        self.send(CellDone(index=index, status="error", error=line), b"")


def seed(number: int) -> None:
    """Fix every generator that students draw from without a seed of their own."""
    torch.manual_seed(number)
    np.random.seed(number)  # noqa: NPY002 - the global generator is the one students use
    random.seed(number)
