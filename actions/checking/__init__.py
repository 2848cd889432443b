"""The eligibility check: takes in what was said, asks the fewest further questions, and says who may have what."""
