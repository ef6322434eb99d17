"""Lessons page: short lessons with live figures, for students and lecturers."""

from viz.lessons import player
from viz.ui import header

header.messages()
player.show()
