"""The fake Kibana's routes: what is refused, answered and written."""
