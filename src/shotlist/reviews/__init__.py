"""What people say about clips: their decisions, the samples they work through, how far they agree, and SQL views."""
