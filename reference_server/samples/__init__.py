"""The sample model: a table, two ways to train on it, and requests that fit."""
