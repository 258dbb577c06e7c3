"""What talks to servers: `AsyncClient`, `Client`, and `local`, which starts a private server first."""
