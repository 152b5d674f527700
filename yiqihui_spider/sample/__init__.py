"""The sample site: articles of our own writing, in the site's shapes, on loopback."""
