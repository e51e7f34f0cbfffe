def heal_all(directory): pass
