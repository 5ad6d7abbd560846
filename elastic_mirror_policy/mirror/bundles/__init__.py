"""Carrying a mirror's folder by hand: pack and unpack."""
