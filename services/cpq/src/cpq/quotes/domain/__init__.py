"""The rules of quotes: pricing, tax, proposals, drafts and status moves. No I/O."""
