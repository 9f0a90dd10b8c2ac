"""Marks manual backpropagation: every hand-written gradient against PyTorch autograd."""
