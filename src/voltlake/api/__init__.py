"""The REST API: the lake for programs, under ``/api/v1``."""
