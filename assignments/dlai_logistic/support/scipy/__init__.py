"""Stand-in for SciPy, which notebooks import at the top: what an answer may use of it is in `special`."""
