"""The pages, in Jinja2: strings in, page out."""
