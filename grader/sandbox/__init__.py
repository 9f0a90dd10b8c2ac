"""Running a student's code where it can do no harm, and believing nothing it says.

     trusted process (one per job)                           fork server (one per sandbox)
    ┌──────────────────────────────┐  control: a message   ┌─────────────────────────────┐
    │ ForkServerSandbox.run()      │  per run, with the    │ torch warm, one thread,     │
    │   Supervision.phase()        │  far ends of channel  │ never runs student code     │
    │    ├─ FrameStream  (bounded) │  and report ────────► └──────────────┬──────────────┘
    │    └─ Watchdog (every 50 ms) │                                      │ fork
    └──┬────────┬────────────┬─────┘                       ┌──────────────▼──────────────┐
       │        │            │        report: pidfd, end   │ keeper: leaves the shared   │
       │        │            └────────────────────────────►│ namespaces, waits           │
       │        │ pidfd: kill                              └──────────────┬──────────────┘
       │        └────────────────────────────────────────╮                │ fork
    ═══╪═════════════════════════════════════════════════╪════════════════╪═══ boundary ════
       │ channel: request in, frames out  (untrusted)    ▼ ┌──────────────▼──────────────┐
       └──────────────────────────────────────────────────►│ child: process 1 of its own │
                                                           │ namespace, confined, STUDENT│
                                                           └─────────────────────────────┘

The keeper is forked from a template instead, where there is one: a fork of the server that
has run the starter's leading cells, which the submission has unchanged (`worker/template.py`).

Whoever dies takes along what is below: the trusted side by closing control and report, the
server and the keeper by the parent-death signal, the child by being process 1.
`FreshProcessSandbox` starts one process per run, channel over its stdin and stdout, and has
no keeper. Both end in the same `RunOutcome`; a student's crash is never an exception.
"""

from grader.sandbox.choose import open_sandbox
from grader.sandbox.fork_server import ForkServerSandbox
from grader.sandbox.fresh_process import FreshProcessSandbox
from grader.sandbox.outcome import RunOutcome, Sandbox, Session
from grader.sandbox.supervise import WorkerLostError

__all__ = [
    "ForkServerSandbox",
    "FreshProcessSandbox",
    "RunOutcome",
    "Sandbox",
    "Session",
    "WorkerLostError",
    "open_sandbox",
]
