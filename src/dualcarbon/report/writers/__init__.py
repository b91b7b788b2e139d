"""One file per format; a module with a `FORMAT` in this folder is found by the registry."""
