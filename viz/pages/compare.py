"""Networks side by side: which is smaller, which is cheaper, which needs more memory, and why."""

from viz import scoreboard

scoreboard.show()
