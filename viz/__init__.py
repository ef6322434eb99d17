"""What a person sees. Never imports torch: `viz.measure` is the one door to it."""
