"""The sidebar, with the controls of the network."""
