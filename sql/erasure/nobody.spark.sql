-- The keyed hash of a user id where nobody was ever erased.
cast(null as string)
