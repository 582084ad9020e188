"""The contacts of L2O, among whom the person of a lead may be."""
