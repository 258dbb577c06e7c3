"""Where the CPU time of one job goes, by process and by phase."""
