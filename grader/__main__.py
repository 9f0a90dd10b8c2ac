"""`python -m grader`."""

import os
import sys

# `-m` puts the current folder first: among submissions, a student's `torch.py` would be imported
# here. It stays where it is the checkout that this package comes from.
_home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
if sys.path[0] == os.getcwd() != _home:  # noqa: PTH109
    del sys.path[0]

from grader.cli import main  # noqa: E402

main()
