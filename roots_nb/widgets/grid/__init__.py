"""A spreadsheet in a notebook. It knows nothing of worklogs: what it shows and what an edit means comes from Python."""
