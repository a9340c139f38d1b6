"""What the data show: sign, scopes, time base, steps, cycles and their metrics."""
