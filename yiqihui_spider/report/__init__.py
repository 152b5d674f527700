"""The archive drawn as one self-contained HTML file."""
