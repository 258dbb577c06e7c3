"""How many wrong programs earn a pass? The same forgeries here and under openai/human-eval's harness."""
