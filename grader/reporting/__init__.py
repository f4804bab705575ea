"""Turns results into pages, tables and terminal lines. Reads only `schema`; takes every text as hostile."""
