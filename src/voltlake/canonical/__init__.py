"""The language: what a sample, a step, a cycle and a doubt are called, in which unit."""
