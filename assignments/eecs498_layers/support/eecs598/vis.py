"""Pictures, which are not drawn."""


def _nothing(*_, **__):
    return None


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return _nothing
