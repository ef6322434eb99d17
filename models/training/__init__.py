"""Training: data sets, runs stored on disk, and analysis of the trained networks."""
