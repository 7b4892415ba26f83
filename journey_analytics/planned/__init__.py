"""Planned versus actual: how the journeys that people really took differ from the one that was designed.

A plan is a file; it is read as a process tree or a Petri net, and every variant is aligned to it. What an alignment
shows is then judged by how much of the journey can be seen: what may still come is not missing.
"""
