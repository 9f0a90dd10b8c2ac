"""Entry, by mode.

enclose FD WITHOUT FOLDER…      a fork server, inside bubblewrap if that can be had
serve FD WITHOUT STATE          a fork server; STATE tells of the bubblewrap around it
once FOLDER WITHOUT MODULE…     one run

FD is the control socket, WITHOUT the layers to leave out, FOLDER one with data or scratch.
"""

import sys

from grader.protocol import determinism

determinism.apply()  # before anything below imports torch


def main(arguments: list[str]) -> None:
    """Run in the mode that the trusted side asked for."""
    mode, argument, without, *more = arguments
    from grader.worker import layers

    layers.switch_off(without)
    if mode == "enclose":
        from grader.worker import enclosure

        enclosure.enclose(argument, without, more)
    elif mode == "serve":
        from grader.worker import server

        layers.stands_around("bubblewrap", *more)
        server.serve(int(argument))
    else:
        from grader.worker import single_run

        single_run.run_once(argument, more)


if __name__ == "__main__":
    main(sys.argv[1:])
