"""What the scenes are drawn with: a pen, the sky, the lands, and a function for each object."""
