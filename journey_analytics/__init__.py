"""From touchpoint logs to the customer journeys people really took, with the uncertainty stated."""
