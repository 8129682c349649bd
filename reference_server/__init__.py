"""A correct server of the whole hosting contract, with its deliberately broken and its legal but odd variants."""
