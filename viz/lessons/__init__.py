"""Lessons: steps with a live figure, a question, and the answer that the measurement gives."""
