"""Configurations that serve a mirror by nginx or Apache."""
