"""What is stored already: joined, followed when files move or change, pruned, healed."""
