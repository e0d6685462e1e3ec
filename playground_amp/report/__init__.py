"""The report of a run: one HTML file that shows what was trained, how it went and whether it may be trusted."""
