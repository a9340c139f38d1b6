"""Cycle metrics, one theme a file; declared with ``@cycle_metric``."""
