"""The profile `streaming`: answers that leave piece by piece while they are made."""
