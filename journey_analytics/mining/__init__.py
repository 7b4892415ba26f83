"""Process models discovered from counted variants. The only package that imports pm4py, and only inside functions.

pm4py is optional (AGPL-3.0-or-later, slow to import): without it everything else works and the model step says so.
"""
