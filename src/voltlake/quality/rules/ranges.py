"""Doubts about ranges."""
