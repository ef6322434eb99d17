"""The page about the server: what it keeps, its limits, and what a lecturer may do."""
