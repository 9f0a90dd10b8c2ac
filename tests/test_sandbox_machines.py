"""The sandbox on machines of another kind than this one, as far as one can have them here."""

from pathlib import Path

from test_sandbox import cells, request

from grader.sandbox import FreshProcessSandbox
from grader.sandbox.command import worker_command


def elsewhere(*arguments: str) -> list[str]:
    """A worker that is told, once all is imported, that this is no Linux."""
    *start, _, code = worker_command()
    told = (
        "from grader.worker import single_run, readable, run; readable.interpreter_paths(); "
        "sys.platform = 'elsewhere'; main(sys.argv[1:])"
    )
    return [*start, "-c", code.replace("main(sys.argv[1:])", told), *arguments]


def test_where_nothing_can_be_walled_off_runs_work_and_say_so(tmp_path):
    (tmp_path / "names.txt").write_text("ada\n")
    sources = [
        "print(open('names.txt').read())",
        "import os\nprint(os.getcwd())",
        "while True: pass",
    ]
    with FreshProcessSandbox([tmp_path], command=elsewhere, required=False) as box:
        outcome = box.run(request(*sources, data=tmp_path, cell_seconds=0.5))
    assert outcome.status == "timed_out"
    output = [cell.output for cell in cells(outcome)]
    assert output[0] == "ada\n\n"
    assert not Path(output[1].strip()).exists()  # the scratch folder is gone
    assert outcome.isolation.level == "none"
    assert "network: no namespaces on elsewhere" in outcome.isolation.missing
