"""What the fake Kibana remembers, and what changes it besides its routes."""
