"""The frame as a spreadsheet edits it: text in cells, judged at once, kept on disk until it is sent."""
