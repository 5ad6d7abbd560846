"""Kibana's Fleet API: what is asked, what is answered, and what differs by version."""
