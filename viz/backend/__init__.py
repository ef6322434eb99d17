"""Long work and its results: the job queue, the caches, and their calls into `models`. Only this folder uses torch."""
