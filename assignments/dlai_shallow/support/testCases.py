"""Stand-in for the module of test cases that notebooks import by this name.

Cells that only try a function are not run, so whatever is asked for is a function that does nothing.
"""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda *arguments, **options: None
