"""What a person or an app opens: the public APIs, the logins, the back office's pages, a rider's app."""
