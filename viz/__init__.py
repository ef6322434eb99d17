"""What a person sees. Never imports torch: `viz.measure`, `viz.tasks` and `viz.trainings` are the doors to it."""
