"""What Beside promises, each as a test somebody could read aloud (DESIGN 1)."""
