"""What it all means for learning: networks trained side by side, with and without skip connections."""

from viz import classroom

classroom.show()
