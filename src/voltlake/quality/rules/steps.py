"""Doubts about steps."""
