"""The customer journey map, drawn anew with every run: persona × stage × lane, every cell with its query."""
