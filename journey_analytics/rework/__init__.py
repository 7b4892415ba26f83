"""What journeys do again, where they wait, and where they change hands: how that is read and told. SQL counts it."""
