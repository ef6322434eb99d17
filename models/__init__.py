"""What torch knows: networks, their traces, what flows through them. Imports nothing that draws."""
