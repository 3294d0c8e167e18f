"""Golden sets: takes folders of queries, documents and judgements; gives a checked GoldenSet."""
