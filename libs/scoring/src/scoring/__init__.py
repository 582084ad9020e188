"""How likely a lead converts: points of behavior, learned scores, their blend and grades."""
