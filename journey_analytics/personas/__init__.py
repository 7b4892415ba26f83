"""Personas: clusters of journeys by how they begin, or the analyst's own rules."""
