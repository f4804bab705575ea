"""A package, so that its tests find `sample` and `page_reader` from any working directory."""
