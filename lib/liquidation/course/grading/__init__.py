"""How handed-in exercises are graded: what is read, where it runs, how its answers come back, what is told."""
