"""Graphs of traced networks: folding, DOT source, rendering and the clickable view."""
