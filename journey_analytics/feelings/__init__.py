"""How customers felt: what they said, measured, and what went wrong for them, inferred. The two are never mixed."""
