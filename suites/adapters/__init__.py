"""The profile `adapters`: LoRA adapters with weights that come and go while the base model is served."""
