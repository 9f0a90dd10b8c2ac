"""Solutions of exercises of functions with one mistake put in, or in other words, graded."""
