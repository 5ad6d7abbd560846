"""Figures for Prometheus: what a plan, a mirror or the endpoints come to, as numbers to watch."""
