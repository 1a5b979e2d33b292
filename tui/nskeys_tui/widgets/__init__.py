"""Parts of screens: attributes go down, messages go up. They know no service."""
