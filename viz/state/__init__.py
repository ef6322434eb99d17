"""What a visitor has chosen on each page: frozen settings that are encoded in the link, and the session state."""
