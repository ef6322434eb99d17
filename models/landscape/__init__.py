"""The loss around trained weights: its surface on a plane."""
