"""What will change, and what forbids it."""
