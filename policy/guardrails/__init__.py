"""Guard rails for AWS as a Pulumi policy pack.

`core` reads resources safely and turns rules into SDK policies; each other package is one group of rules.
The pack imports nothing outside itself but `pulumi_policy`, so it can be copied to another project.
"""
