"""The artifact mirror: check it, fill it, carry it, serve it."""
