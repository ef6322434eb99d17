"""Tasks as plain data, their results in an open format, and the stores of results."""
