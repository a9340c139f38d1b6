"""Readers: what the file says, in the one language, with nothing added."""
