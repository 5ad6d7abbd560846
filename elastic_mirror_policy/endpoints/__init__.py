"""Does every endpoint run what its mirror publishes?"""
