"""Entry: `serve FD` forks a child for each request, `once FOLDER MODULE…` is one run."""

import sys

from grader import pins

pins.apply()  # before anything below imports torch


def main(arguments: list[str]) -> None:
    """Run in the mode that the trusted side asked for."""
    mode, argument, *more = arguments
    if mode == "serve":
        from grader.worker import server

        server.serve(int(argument))
    else:
        from grader.worker import once

        once.run_once(argument, more)


if __name__ == "__main__":
    main(sys.argv[1:])
