from __future__ import annotations

import gc
import signal

import pytest

from grader.cli.interruption import interruptible
from grader.execution.imports import large_imports


def test_garbage_is_looked_for_again_after_large_imports() -> None:
    with large_imports():
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.unfreeze()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_stop_waits_for_the_end_of_an_import(number: signal.Signals) -> None:
    done = []
    # Whoever starts the tests in the background may have had interruptions ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)

    def imported() -> None:
        with interruptible(), large_imports():
            signal.raise_signal(number)
            done.append("the import")

    with pytest.raises(KeyboardInterrupt):
        imported()
    assert done == ["the import"]
    assert number not in signal.pthread_sigmask(signal.SIG_BLOCK, set())
    signal.signal(signal.SIGINT, before)
    gc.unfreeze()
