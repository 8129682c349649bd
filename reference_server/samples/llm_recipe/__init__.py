"""How the sample language model is made: a grammar, a tokenizer, a network and its training. Run by `make sample-llm`.

Nothing here is needed to serve it: the server reads what `samples/llm/` holds. Only training needs torch.
"""
