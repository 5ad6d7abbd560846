"""A Defend policy's document, and finding all of them."""
