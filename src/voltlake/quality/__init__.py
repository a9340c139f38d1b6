"""Doubts about data, and the certificate that says how each property of a test is known."""
