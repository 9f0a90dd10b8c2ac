# %% setup
# %% attack
import ast
import doctest
import inspect
import textwrap
import traceback
def linear(x):
    """Doubles.

    >>> linear(2)
    4
    """
    return 2 * x
class Kept:
    def reciprocal(self, x):
        return 1 / x
print(inspect.getsource(linear), inspect.getsource(Kept.reciprocal))
tree = ast.parse(textwrap.dedent(inspect.getsource(linear)))
print(tree.body[0].name, *[each.arg for each in tree.body[0].args.args])
# %% forward
# %% backward
# %% attack
try:
    Kept().reciprocal(0)
except ZeroDivisionError:
    print(traceback.format_exc())
runner = doctest.DocTestRunner(verbose=False)
for test in doctest.DocTestFinder().find(linear, "linear", globs=globals()):
    runner.run(test)
print(runner.tries, "tests,", runner.failures, "failed")
print(inspect.signature(linear), inspect.getdoc(linear), linear.__code__.co_firstlineno)
