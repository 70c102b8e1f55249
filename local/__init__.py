"""The platform on a laptop. Every port is bound to 127.0.0.1."""
