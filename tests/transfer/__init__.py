"""Hand-ins of the lab `transfer`: right ones, their mutants, and what each must be credited with."""
