"""Backfill: takes a corpus of any size and an encoder; gives Parquet shards, resumed where it stopped."""
