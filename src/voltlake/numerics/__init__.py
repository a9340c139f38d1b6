"""Arithmetic on arrays: knows nothing of batteries, files or tables."""
