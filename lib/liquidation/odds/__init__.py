"""How likely, in closed form and by simulation."""
