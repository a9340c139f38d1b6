"""Keeps immutable objects: raw files and Parquet tables, named by their content."""
