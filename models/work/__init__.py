"""The tasks: functions that report their progress and return records, run by a queue, here or elsewhere."""
