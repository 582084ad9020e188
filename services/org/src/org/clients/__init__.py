"""Service clients (服务客户端): other systems, such as an ERP, that call the APIs for a tenant."""
