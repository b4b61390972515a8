"""Ops that run functions: calls, branches and loops."""
