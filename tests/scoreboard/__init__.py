"""What the promise of the write-back is worth, in figures: `make scoreboard`, and `make mutants` for one of them."""
