"""Runs work that may go wrong somewhere where it can do no harm."""
