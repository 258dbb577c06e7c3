"""The evaluation of code models: problems and samples in, labels and pass@k out."""
