"""Networks as frozen values, and the named ones with their published counts. No torch here."""
