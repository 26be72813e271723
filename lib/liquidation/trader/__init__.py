"""What a trader can do."""
