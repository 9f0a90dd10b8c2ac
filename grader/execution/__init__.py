"""Grading many submissions: sessions, the local pool, the cluster."""
