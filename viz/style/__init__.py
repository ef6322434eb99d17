"""Style: colours, lines, axes, and the formats of numbers and HTML."""
