"""One file per kind of drawing; a module with a `DRAWN` in this folder is found by `report.drawn`."""
