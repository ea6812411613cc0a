"""Operations declared in settings: callables of programs that nobody changes, named by targets."""

from otel_ops.declared.targets import DeclaredOperation, Target, parse_target

__all__ = ["DeclaredOperation", "Target", "parse_target"]
