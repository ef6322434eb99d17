"""Traces of networks: their layers with shapes and counts, recorded in the network's own forward."""
