"""What operators find out about a policy before they serve it: which system calls are needed, and what would change."""
