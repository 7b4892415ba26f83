"""Commands of `journey` that have commands of their own, a module each; as thin as `cli`."""
