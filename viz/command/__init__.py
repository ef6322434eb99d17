"""The command `skipscope`, and how the wheel that brings it is built."""
