"""Every figure of the house: a frame of a mart in, a Plotly figure out; no database, no HTML.

The report, the dashboard and the notebooks draw with these and nothing else. What a figure is about is its module.
"""
