"""Cells whose truth is known, and the files that a cycler would have written about them."""
