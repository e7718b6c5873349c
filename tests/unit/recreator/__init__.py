"""Unit tests of the recreator: pure values in and out."""
