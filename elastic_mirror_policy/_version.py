"""The version of this package, read by the build and by what names itself to a server."""

__version__ = "0.1.0"
