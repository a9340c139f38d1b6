"""One file per page: read the address, ask the services, fill the template."""
