"""What is required, and whose money stands behind it."""
