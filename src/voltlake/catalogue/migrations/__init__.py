"""The catalogue's history, one file per change of its schema."""
