"""Characters that stand for something else in a passage, and are never shown.

Rule: nobody types them, so no rule takes them for what was written.
"""

CODE = "\ufffc"
"""What is written in code. In messages it is “…”."""
