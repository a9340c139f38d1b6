"""One file per vendor format; they do not know one another."""
