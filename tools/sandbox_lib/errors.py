"""The one exception that the sandbox raises for what a person can act on."""


class SandboxError(Exception):
    """Says what was attempted, on what, and what came back."""
