"""What the fake artifact server publishes, and how it can go wrong."""
