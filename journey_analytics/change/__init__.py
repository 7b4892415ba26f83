"""What changed since the periods before, which segments explain it, and the alerts that follow from rules."""
