"""Does a busy machine change verdicts? The same programs idle and with eight jobs per core, in boxes and without."""
