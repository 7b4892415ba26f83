"""Prefect flows: thin. No SQL, no frames and no decision about data; everything they call runs without Prefect too."""
