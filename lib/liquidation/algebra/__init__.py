"""Words, equations, and numbers into them."""
