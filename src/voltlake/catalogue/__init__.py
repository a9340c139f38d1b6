"""The only truth: what exists, where it came from and what may be seen."""
