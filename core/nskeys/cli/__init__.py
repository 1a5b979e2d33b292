"""Floor 6: the command line. Standard output is data, standard error is words."""
