"""AWS Lambda on a laptop: AWS's own runtime client, one process an execution environment."""
