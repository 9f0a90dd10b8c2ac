"""The same stand-in under another name that notebooks import."""

from testCases import *
from testCases import __getattr__
