"""Reading: takes files as people bring them; gives a draft of records, each with the line it came from."""
