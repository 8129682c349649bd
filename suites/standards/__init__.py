"""The profile `standards`: what a customer may change in a container that ships model-hosting-container-standards."""
