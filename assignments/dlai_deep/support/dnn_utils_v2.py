"""The same stand-in under another name that notebooks import."""

from dnn_utils import *
