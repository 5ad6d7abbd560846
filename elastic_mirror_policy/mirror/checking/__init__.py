"""Does a mirror serve what endpoints will ask for?"""
