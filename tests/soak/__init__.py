"""An hour of everything at once against the demo Jira: `make soak`."""
