"""Benchmarks of loading on a demo Jira: `python -m tests.benchmarks`, or `make bench`."""
