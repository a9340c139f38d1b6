"""One file per vendor's layout: what the vendor's program would have written.

A writer takes samples with BDF columns (one frame, or batches of a long test) and knows
nothing of our readers: counters get the vendor's scope, numbers its resolution, dates its
format.
"""
