"""Doubts about time."""
