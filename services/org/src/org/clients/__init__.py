"""Service clients: machines, such as an ERP, that call for a tenant."""
