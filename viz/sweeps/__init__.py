"""The Sweeps page: networks over several fields at once, a chart for each, and a table."""
