"""What a rollout announced, what was done, and what is unknown."""
