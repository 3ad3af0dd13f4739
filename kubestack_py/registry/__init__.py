"""Ask registries about images: the distribution API, who may ask, and which tags are newer."""
