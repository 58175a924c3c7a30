"""What coordinators and families are promised about sheets and talks."""
