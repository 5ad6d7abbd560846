"""Filling and keeping a mirror's folder."""
