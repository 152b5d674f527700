"""What captures say of articles: which article it is, its versions, its places in listings."""
