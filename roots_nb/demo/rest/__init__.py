"""The REST resources of the demo Jira, one module for each kind of thing."""
