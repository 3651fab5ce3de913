"""Catalogue YAML becomes a `core.Market`: validated, cross-checked, prices picked by date and prompt length."""
