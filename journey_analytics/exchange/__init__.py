"""Exchange with other tools: journeys out as XES, OCEL 2.0 or Parquet, event logs in as workspaces of their own.

What goes out are the active journeys at T, pseudonymous: no identity, page or subject, and in place of the numbers of
orders and tickets ids made as customers' are.
"""
