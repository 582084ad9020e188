"""Message consents (同意): addresses whose people have withdrawn a medium, as MTL says."""
