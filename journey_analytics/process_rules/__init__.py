"""Rules of the process as rows (`process_rule.csv`): what they may say, and how they are told. SQL checks them."""
