"""One file for each screen: it calls services in thread workers and shows what presenters make of the
results."""
