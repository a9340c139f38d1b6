"""Charts: one definition each, from a table to a Vega-Lite specification."""
