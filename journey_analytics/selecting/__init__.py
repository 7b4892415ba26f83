"""What any selection of journeys is answered from: the stays of the entrants, counted and one by one."""
