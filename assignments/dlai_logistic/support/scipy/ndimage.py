"""Stand-in for SciPy's ndimage, which notebooks import at the top and no answer needs."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda *arguments, **options: None
