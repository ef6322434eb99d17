"""Helpers that do not depend on networks: errors, settings, devices, downloads, images."""
