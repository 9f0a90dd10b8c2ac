"""Stand-in for the package future, which courses used for code that runs on Python 2 and 3."""
