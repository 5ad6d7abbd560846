"""Writing a plan, in waves, and taking it back."""
