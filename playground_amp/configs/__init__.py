"""Configuration: the schema, the strict loader and the default YAML."""
