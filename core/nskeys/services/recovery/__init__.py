"""Recovery: identities, custodians and their sheets."""
