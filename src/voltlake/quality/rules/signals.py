"""Doubts about signals."""
