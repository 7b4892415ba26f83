"""Voice of the customer: what people wrote, without who they are; its language, feeling and topic.

Everything is worked out on this machine from rules that are rows. Feelings of a language are used only where they agree
with labelled examples well enough (`mart.text_quality`).
"""
