"""One migration per file, numbered in their order."""
