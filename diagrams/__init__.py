"""Pictures of a preview's graph: an SVG of its components, and a page to explore every resource of it.

Works on the graph of any Pulumi program; `ev graph` is its command. Nothing in it is random and no fonts are
measured: the same graph gives the same bytes.
"""
