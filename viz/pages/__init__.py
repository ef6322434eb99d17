"""The pages: scripts listed in `app.py`, each in the order in which its page is read."""
