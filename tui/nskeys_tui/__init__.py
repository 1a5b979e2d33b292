"""The full-screen app: screens call services and hold no logic."""
