"""What was predicted and what turned out to be true, as Parquet files."""
