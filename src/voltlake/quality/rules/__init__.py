"""Quality rules, one theme a file; declared with `@rule`."""
