"""The commands of `mirror`, one in each module."""
