"""The sample language model as data: weights, tokenizer, adapters, model card. Made by `llm_recipe`, see README.md."""
