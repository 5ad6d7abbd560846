"""Serving a fake: over a socket, or through the `responses` library."""
