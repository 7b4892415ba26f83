"""The paths that journeys took: which of them are looked at, what followed what, and the journeys behind a link."""
