"""Reading the archive's captures anew, and checking that what it says rests on them."""
