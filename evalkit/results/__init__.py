"""Results: takes what a study found, gives a frozen, versioned record of it to be written and shown."""
