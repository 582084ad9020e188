"""Who is who: company names and regions as they are compared."""
