"""The domain of the rental platform: plain Python that imports no AWS, no Pulumi and no handler."""
