"""The patient model: facts, three-valued answers and the questions a check may ask. Standard library only."""
