"""Word embedding: row W[i] for each index i of x (N, T); words that occur again add up."""


def inputs(draw):
    import numpy as np

    n, (t, d) = draw.batch(low=3), draw.sizes(2, low=4)
    words = draw.index(n, t, high=5)
    words[:, 1] = words[:, 0]  # one word at least stands twice
    return {"x": np.asarray(words), "W": draw(5, d)}


def forward(x, W):
    return W[x]


def own_forward(x, W):
    return word_embedding_forward(x, W)[0]


def student(x, W, dout):
    out, cache = word_embedding_forward(x, W)
    return {"W": word_embedding_backward(dout, cache)}
