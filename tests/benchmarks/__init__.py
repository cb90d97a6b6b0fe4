"""Benchmarks on a demo Jira: `python -m tests.benchmarks`, or `make bench`."""
