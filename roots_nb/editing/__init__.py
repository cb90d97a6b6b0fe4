"""From an edited frame back to Jira: plan, apply, verify, resume, undo."""
