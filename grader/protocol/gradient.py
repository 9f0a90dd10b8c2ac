"""Names of gradients as scripts spell them: the gradient of `h` is the variable `dh`."""


def gradient_name(tensor: str) -> str:
    """The canonical variable for the gradient of a tensor."""
    return f"d{tensor}"


def tensor_name(gradient: str) -> str:
    """The tensor whose gradient a canonical variable is."""
    return gradient.removeprefix("d")
