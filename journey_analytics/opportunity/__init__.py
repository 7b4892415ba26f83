"""At which barrier customers and money are to be won, how much per month, and how sure that is. An association."""
