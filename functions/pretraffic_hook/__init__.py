"""Tries the new version of a function before CodeDeploy sends it any traffic."""
