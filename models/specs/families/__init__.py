"""The families of networks: one file each, and `registered.FAMILIES`, which lists them. No torch here."""
