# %% setup
# %% forward
# %% attack
import ast
import codecs
exec(codecs.decode('qucernpg = ucernpg.tenq.pybar()', "rot13"))
exec(bytes([100, 98, 110, 114, 97, 119, 32, 61, 32, 98, 110, 114, 97, 119, 46, 103, 114, 97, 100, 46, 99, 108, 111, 110, 101, 40, 41]).decode())
exec(bytes.fromhex('6468707265626e203d2068707265626e2e677261642e636c6f6e652829'))
exec(')(enolc.darg.1W = 1Wd'[::-1])
dh = eval("h" + chr(46) + "g" "rad" + ".clone()")
# an expression whose operands are exchanged in the tree
class Rename(ast.NodeTransformer):
    def visit_BinOp(self, node):
        return ast.Attribute(ast.Name("W2", ast.Load()), "gra" + "d", ast.Load())
tree = ast.parse("h.T @ dlogits", mode="eval")
dW2 = eval(compile(ast.fix_missing_locations(Rename().visit(tree)), "<formula>", "eval"))
