"""Follow-ups (跟进): what people did about a lead, with what result, and what they do next."""
