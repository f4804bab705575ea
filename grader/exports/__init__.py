"""Results in the formats of learning platforms, one file a format. Reads results.json, never a student's files."""
