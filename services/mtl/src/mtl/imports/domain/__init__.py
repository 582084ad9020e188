"""An import and its moves; how its file is cut into rows; what its columns mean."""
