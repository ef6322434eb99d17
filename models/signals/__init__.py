"""Measurements of a network: activations, gradients, time and memory."""
