"""Names of Python 2 that students' files import from past.builtins."""

xrange = range
basestring = unicode = str
long = int
raw_input = input
