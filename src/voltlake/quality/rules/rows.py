"""Doubts about rows."""
