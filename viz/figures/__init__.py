"""Records -> plotly figures, a file per subject."""
