"""The vocabulary: every file between two stages is one of these frozen models."""
