"""Helpers of the tests of agents."""
