"""Who is who and who gets what: company names, regions, assignment."""
