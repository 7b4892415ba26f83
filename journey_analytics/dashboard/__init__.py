"""The dashboard: the report's views, one at a time, under any selection, from the published copy.

The link is the state: what is on the screen follows from the address alone, and the server draws it. `journey serve`.
"""
