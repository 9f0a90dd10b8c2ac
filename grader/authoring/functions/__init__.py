"""An assignment of functions made of a module that has them: pairs of forward and backward."""
